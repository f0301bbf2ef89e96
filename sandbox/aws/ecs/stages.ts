/** The lifecycle of a deployment that is not a rolling one: stage by stage, and at some a hook may hold it. */
import type { DeploymentLifecycleHookAction, ServiceDeployment as EcsServiceDeployment, ServiceDeploymentLifecycleStage } from '@aws-sdk/client-ecs'
import type { Cause } from './circuit-breaker.ts'
import type { Place } from './deployment-tasks.ts'
import type { Service, ServiceDeployment } from './service.ts'
import { hexId } from './service.ts'

type Stages = readonly ServiceDeploymentLifecycleStage[]

/** Until the new tasks are started, and from when they run. The worker has no load balancer, so no test traffic is shifted. */
export const BEFORE: Stages = ['PRE_SCALE_UP', 'SCALE_UP']
export const AFTER: Stages = ['POST_SCALE_UP', 'PRODUCTION_TRAFFIC_SHIFT', 'POST_PRODUCTION_TRAFFIC_SHIFT', 'BAKE_TIME', 'CLEAN_UP']

/** The rollout that goes through its stages, and how it is rolled back. */
export type Staged = {
  readonly place: Place
  readonly rollout: ServiceDeployment
  readonly rollBack: (place: Place, rollout: ServiceDeployment, cause: Cause) => void
}

/** Default of DeploymentLifecycleHookTimeoutConfiguration (ECS API reference). */
const PAUSE_MINUTES = 1440
const HOOK_SAYS: Cause = {
  state: 'ECS deployment was rolled back by a lifecycle hook.',
  event: 'deployment rolled back by a lifecycle hook.',
  status: 'Service deployment rolled back because of a lifecycle hook.',
}

export function isRolling({ deploymentConfiguration: { strategy = 'ROLLING' } }: Service): boolean {
  return strategy === 'ROLLING'
}

/** Goes through the stages one after the other, and does `then` in the last one. A rollout that goes back enters no further stage. */
export function enter(staged: Staged, [stage, ...rest]: Stages, then: () => void): void {
  const { place: { world, service }, rollout } = staged
  if (rollout.status !== 'IN_PROGRESS' || stage === undefined) return
  Object.assign(rollout, { stage, updatedAt: world.timeline.now() })
  const goOn = () => {
    if (rest.length > 0) enter(staged, rest, then)
    else if (rollout.status === 'IN_PROGRESS') then()
  }
  if (hookAt(service, stage) !== undefined) hold(staged, stage, goOn)
  else world.timeline.after(Math.max(minutesAt(service, stage) * 60, world.durations.stage), goOn)
}

/** What becomes of a hook that awaits an action: the deployment goes on or back. */
export function settleHook({ place, rollout, rollBack }: Staged, action: DeploymentLifecycleHookAction): void {
  const { hook } = rollout
  if (hook === undefined) return
  hook.status = 'SUCCEEDED'
  if (action === 'CONTINUE') hook.resume()
  else rollBack(place, rollout, HOOK_SAYS)
}

export function viewStage({ stage, hook }: ServiceDeployment): Pick<EcsServiceDeployment, 'lifecycleStage' | 'lifecycleHookDetails'> {
  if (stage === undefined) return {}
  if (hook === undefined) return { lifecycleStage: stage }
  const { hookId, status, expiresAt, timeoutAction } = hook
  return { lifecycleStage: stage, lifecycleHookDetails: [{ hookId, targetType: 'PAUSE', status, expiresAt, timeoutAction }] }
}

/** How long a stage lasts: traffic is shifted in steps, each but the last one with a bake time of its own (DeploymentConfiguration, API reference). */
function minutesAt({ deploymentConfiguration }: Service, stage: ServiceDeploymentLifecycleStage): number {
  const { strategy, bakeTimeInMinutes = 0, linearConfiguration = {}, canaryConfiguration = {} } = deploymentConfiguration
  if (stage === 'BAKE_TIME') return bakeTimeInMinutes
  if (stage !== 'PRODUCTION_TRAFFIC_SHIFT') return 0
  const { stepPercent = 10, stepBakeTimeInMinutes = 6 } = linearConfiguration
  if (strategy === 'LINEAR') return (Math.ceil(100 / stepPercent) - 1) * stepBakeTimeInMinutes
  return strategy === 'CANARY' ? (canaryConfiguration.canaryBakeTimeInMinutes ?? 10) : 0
}

function hookAt({ deploymentConfiguration: { lifecycleHooks = [] } }: Service, stage: ServiceDeploymentLifecycleStage) {
  return lifecycleHooks.find(({ targetType, lifecycleStages = [] }) => targetType === 'PAUSE' && lifecycleStages.some((each) => each === stage))
}

function hold(staged: Staged, stage: ServiceDeploymentLifecycleStage, resume: () => void): void {
  const { place: { world, service }, rollout } = staged
  const { timeoutInMinutes = PAUSE_MINUTES, action = 'ROLLBACK' } = hookAt(service, stage)?.timeoutConfiguration ?? {}
  const seconds = timeoutInMinutes * 60
  const expiresAt = new Date(world.timeline.now().getTime() + seconds * 1000)
  rollout.hook = { hookId: hexId(), status: 'AWAITING_ACTION', expiresAt, timeoutAction: action, resume }
  const { hook } = rollout
  world.timeline.after(seconds, () => {
    if (hook.status !== 'AWAITING_ACTION' || rollout.status !== 'IN_PROGRESS') return
    settleHook(staged, action)
    hook.status = 'TIMED_OUT'
  })
}
