import type { ServiceDeploymentStatus } from '@aws-sdk/client-ecs'
import type { Cause } from './circuit-breaker.ts'
import { BREAKER, isTripped } from './circuit-breaker.ts'
import type { Follower, Place } from './deployment-tasks.ts'
import { addEvent, launchTasks, runningTasksOf, stopTasks, tasksOf } from './deployment-tasks.ts'
import type { Fate } from './fate.ts'
import { serviceChildArn } from './references.ts'
import type { Deployment, Service, ServiceDeployment, ServiceRevision } from './service.ts'
import { hexId, numericId, primaryOf } from './service.ts'
import { AFTER, BEFORE, enter, isRolling } from './stages.ts'

const TERMINAL: readonly ServiceDeploymentStatus[] = ['SUCCESSFUL', 'STOPPED', 'ROLLBACK_SUCCESSFUL', 'ROLLBACK_FAILED']

/** Begins to replace what the service runs by another revision. The newest rollout is the only one under way. */
export function startRollout(place: Place, target: ServiceRevision): Deployment {
  const { world, service } = place
  const now = world.timeline.now()
  const source = service.deployments.filter((deployment) => runningTasksOf(place, deployment).length > 0).map(({ revision }) => revision)
  const previous = service.deployments.find(({ status }) => status === 'PRIMARY')
  if (previous !== undefined && !isOver(previous.rollout))
    stop(place, previous.rollout, 'Service deployment stopped: a new service deployment was started.')
  const arn = serviceChildArn(service.serviceArn, 'service-deployment', hexId())
  const rollout: ServiceDeployment = {
    arn,
    createdAt: now,
    updatedAt: now,
    source,
    target,
    status: 'PENDING',
    failureCount: 0,
    visible: false,
  }
  service.rollouts.unshift(rollout)
  world.timeline.after(service.visibleAfter ?? world.durations.visible, () => {
    rollout.visible = true
  })
  const deployment = begin(place, { revision: target, rollout, fate: service.fates.shift() ?? 'success' })
  world.timeline.after(world.durations.launch, () => {
    if (rollout.status !== 'PENDING') return
    change(place, rollout, { status: 'IN_PROGRESS', startedAt: world.timeline.now() })
    if (isRolling(service)) reconcile(place, deployment)
    else enter({ place, rollout, rollBack }, BEFORE, () => { reconcile(place, deployment) })
  })
  return deployment
}

/** Brings the number of running tasks to what is desired; of a deployment, by default the PRIMARY one. */
export function reconcile(place: Place, deployment: Deployment = primaryOf(place.service)): void {
  const surplus = tasksOf(place, deployment).slice(place.service.desiredCount)
  stopTasks(place, surplus, `Scaling activity initiated by (deployment ${deployment.id})`)
  launchTasks(place, deployment, followerOf(place, deployment))
}

/** Puts the service back to the revision that was last completed, as StopServiceDeployment does and the circuit breaker. */
export function rollBack(place: Place, rollout: ServiceDeployment, cause: Cause): void {
  const { world, service } = place
  const failed = primaryOf(service)
  const stable = stableDeployment(service)
  failDeployment(place, failed, cause)
  if (stable === undefined) {
    change(place, rollout, {
      status: 'ROLLBACK_FAILED',
      statusReason: 'No rollback candidate was found to run the rollback.',
      finishedAt: world.timeline.now(),
    })
    return
  }
  const rollback = { reason: cause.state, startedAt: world.timeline.now(), serviceRevisionArn: stable.revision.arn }
  change(place, rollout, { status: 'ROLLBACK_REQUESTED', statusReason: cause.status, rollback })
  const deployment = begin(place, { revision: stable.revision, rollout, fate: 'success' })
  deployment.rolloutStateReason = `ECS deployment circuit breaker: rolling back to deploymentId ${stable.id}`
  adoptTasks(place, stable, deployment)
  addEvent(place, `rolling back to deployment ${stable.id}.`)
  world.timeline.after(world.durations.launch, () => {
    if (rollout.status === 'ROLLBACK_REQUESTED') change(place, rollout, { status: 'ROLLBACK_IN_PROGRESS' })
    reconcile(place, deployment)
  })
}

/** Ends a rollout where it is: no further task is started. */
export function stop(place: Place, rollout: ServiceDeployment, statusReason: string): void {
  const { world } = place
  change(place, rollout, { status: 'STOP_REQUESTED', statusReason })
  world.timeline.after(world.durations.drain, () => {
    const now = world.timeline.now()
    if (rollout.status === 'STOP_REQUESTED') change(place, rollout, { status: 'STOPPED', stoppedAt: now, finishedAt: now })
  })
}

export function failDeployment(place: Place, deployment: Deployment, cause: Cause): void {
  deployment.rolloutState = 'FAILED'
  deployment.rolloutStateReason = cause.state
  deployment.updatedAt = place.world.timeline.now()
  stopTasks(place, tasksOf(place, deployment), `Task stopped by (deployment ${deployment.id})`)
  addEvent(place, `(deployment ${deployment.id}) ${cause.event}`)
}

export function isOver({ status }: ServiceDeployment): boolean {
  return TERMINAL.includes(status)
}

type Beginning = Pick<Deployment, 'revision' | 'rollout'> & { readonly fate: Fate }

function begin({ world, service }: Place, beginning: Beginning): Deployment {
  const now = world.timeline.now()
  const id = `ecs-svc/${numericId()}`
  const state = {
    status: 'PRIMARY' as const,
    rolloutState: 'IN_PROGRESS' as const,
    rolloutStateReason: `ECS deployment ${id} in progress.`,
  }
  const deployment: Deployment = { ...beginning, id, ...state, failedTasks: 0, createdAt: now, updatedAt: now }
  for (const earlier of service.deployments) earlier.status = 'ACTIVE'
  service.deployments.unshift(deployment)
  return deployment
}

function followerOf(place: Place, deployment: Deployment): Follower {
  return {
    healthy() {
      if (runningTasksOf(place, deployment).length > 0) deployment.failedTasks = 0
      if (isReached(place, deployment)) afterScaleUp(place, deployment)
    },
    failed() {
      countFailure(place, deployment)
    },
  }
}

function isReached(place: Place, deployment: Deployment): boolean {
  const inProgress = deployment.status === 'PRIMARY' && deployment.rolloutState === 'IN_PROGRESS'
  return inProgress && (deployment.fate === 'success' || deployment.fate === 'slow') && runningTasksOf(place, deployment).length >= place.service.desiredCount
}

/** A rolling deployment replaces the old tasks at once, any other first goes through its stages. */
function afterScaleUp(place: Place, deployment: Deployment): void {
  const { rollout } = deployment
  if (isRolling(place.service) || rollout.rollback !== undefined) replaceOthers(place, deployment)
  else if (rollout.stage === 'SCALE_UP') enter({ place, rollout, rollBack }, AFTER, () => { replaceOthers(place, deployment) })
}

/** The new tasks run: the old ones may go, and when they are gone the deployment is complete. */
function replaceOthers(place: Place, deployment: Deployment): void {
  const { world, service } = place
  const others = service.deployments.filter((other) => other !== deployment)
  stopTasks(
    place,
    others.flatMap((other) => tasksOf(place, other)),
    `Scaling activity initiated by (deployment ${deployment.id})`,
  )
  world.timeline.after(world.durations.drain, () => {
    if (isReached(place, deployment)) complete(place, deployment)
  })
}

function complete(place: Place, deployment: Deployment): void {
  const { world, service } = place
  const { rollout } = deployment
  service.deployments = [deployment]
  deployment.rolloutState = 'COMPLETED'
  deployment.rolloutStateReason = `ECS deployment ${deployment.id} completed.`
  deployment.updatedAt = world.timeline.now()
  const status = rollout.rollback === undefined ? 'SUCCESSFUL' : 'ROLLBACK_SUCCESSFUL'
  change(place, rollout, { status, finishedAt: world.timeline.now() })
  addEvent(place, `(deployment ${deployment.id}) deployment completed.`)
  addEvent(place, 'has reached a steady state.')
}

function countFailure(place: Place, deployment: Deployment): void {
  const { world, service } = place
  deployment.failedTasks += 1
  deployment.updatedAt = world.timeline.now()
  deployment.rollout.failureCount += 1
  if (isOver(deployment.rollout) || !isTripped(service, deployment)) {
    world.timeline.after(world.durations.retry, () => {
      reconcile(place, deployment)
    })
  } else if (service.deploymentConfiguration.deploymentCircuitBreaker?.rollback === true) {
    rollBack(place, deployment.rollout, BREAKER)
  } else {
    failDeployment(place, deployment, BREAKER)
    stop(place, deployment.rollout, BREAKER.state)
  }
}

/** The deployment that was complete before this one, as long as its tasks are kept. */
function stableDeployment({ deployments }: Service): Deployment | undefined {
  return deployments.find(({ rolloutState }) => rolloutState === 'COMPLETED')
}

function adoptTasks(place: Place, from: Deployment, to: Deployment): void {
  for (const task of tasksOf(place, from)) place.world.tasks.set(task.taskArn, { ...task, startedBy: to.id })
  place.service.deployments = place.service.deployments.filter((deployment) => deployment !== from)
}

function change({ world }: Place, rollout: ServiceDeployment, state: Partial<ServiceDeployment>): void {
  Object.assign(rollout, state, { updatedAt: world.timeline.now() })
}
