import { DeployError } from '../errors.ts'
import type { Clock, Log } from '../ports.ts'
import type { Rollout, ServiceReference, Services, ServiceState } from '../ecs-ports.ts'
import { watchFailures } from './fail-fast.ts'
import type { FailureWatch } from './fail-fast.ts'
import { createLook, describeService } from './look.ts'
import type { Look } from './look.ts'
import { shortName } from './plan.ts'
import { replacedIds } from './progress.ts'
import type { Progress } from './progress.ts'

export type FollowContext = {
  readonly services: Services
  readonly clock: Clock
  readonly log: Log
  readonly timeoutMinutes: number
}

/** How a rollout ended, and what was seen of it; `paused` is where this step's part of it ends. */
export type Verdict = {
  readonly status: 'succeeded' | 'failed' | 'timeout' | 'paused' | 'superseded'
  readonly reason: string
  /** Messages of the service's events since the update, oldest first. */
  readonly events: readonly string[]
  /** Id of the service's deployment, as far as it was seen. */
  readonly deploymentId: string | undefined
  /** The service deployment as it was seen last, where it may be listed. */
  readonly rollout: Rollout | undefined
}

/** A look every 5 to 6.5 seconds: with the requests of one, an end is seen within ten. */
const POLL_MS = 5_000
/** How far back rollouts are listed: far longer than this clock and AWS's differ, so that ours is never missed. */
const HISTORY_MS = 60 * 60 * 1000
/** A hook may hold a deployment for 14 days (ECS API reference, DeploymentLifecycleHookTimeoutConfiguration). */
const LONGEST_PAUSE_MS = 15 * 24 * 60 * 60 * 1000

/**
 * Updates the service to a revision and follows what comes of it, printing events and counts as they change.
 * A look that fails is not the end of a rollout: the next one may succeed.
 * @throws DeployError `service-unsupported` for a strategy that cannot be followed with these credentials.
 */
export async function updateAndFollow(reference: ServiceReference, target: string, context: FollowContext): Promise<Verdict> {
  const { services, log } = context
  const state = await describeService(reference, services)
  const since = new Date(context.clock.now().getTime() - HISTORY_MS)
  const listed = await services.rollouts(reference, since)
  if (listed === undefined) requireRolling(reference, state)
  const look = createLook(state, {
    reference, target, services, log,
    before: new Set(state.deployments.map(({ id }) => id)),
    ...(listed !== undefined && { history: { since, before: new Set(listed.map(({ arn }) => arn)) } }),
  })
  await services.update(reference, target)
  log.info(`Service ${reference.service} is told to run ${shortName(target)}${state.strategy === 'ROLLING' ? '' : `, by ${state.strategy}`}`)
  return followToEnd({ look, failures: watchFailures({ reference, target }, context) }, context)
}

/**
 * Follows the rollout that the service is in already, whoever started it, without an update. The service alone tells
 * of a rolling one: it may have begun before the history of service deployments that is read.
 */
export async function followCurrent(reference: ServiceReference, target: string, context: FollowContext): Promise<Verdict> {
  const { services, log, clock } = context
  const state = await describeService(reference, services)
  log.info(`Service ${reference.service} was told to run ${shortName(target)} before this release`)
  const since = new Date(clock.now().getTime() - LONGEST_PAUSE_MS)
  const isListed = state.strategy !== 'ROLLING' && (await services.rollouts(reference, since)) !== undefined
  if (!isListed) requireRolling(reference, state)
  const look = createLook(state, {
    reference, target, services, log, before: replacedIds(state), ...(isListed && { history: { since, before: new Set<string>() } }),
  })
  return followToEnd({ look, failures: watchFailures({ reference, target }, context) }, context)
}

/** Follows a service deployment that goes back already: its tasks that failed are known. */
export async function followBack(
  { arn, taskDefinitionArn: target, createdAt: since }: Rollout, reference: ServiceReference, context: FollowContext,
): Promise<Verdict> {
  const { services, log } = context
  const others = (await services.rollouts(reference, since) ?? []).map((each) => each.arn).filter((each) => each !== arn)
  const state = await describeService(reference, services)
  const look = createLook(state, { reference, target, services, log, before: replacedIds(state), history: { since, before: new Set(others) } })
  return followToEnd({ look, failures: () => Promise.resolve(undefined) }, context)
}

/** A service of another strategy looks steady on its own before anything has begun. */
function requireRolling({ service }: ServiceReference, { strategy }: ServiceState): void {
  if (strategy === 'ROLLING') return
  const message = `Service ${service} deploys by ${strategy}, and only its service deployments tell how that goes: these credentials may not read them`
  throw new DeployError('service-unsupported', message, {
    hint: 'Allow ecs:ListServiceDeployments, ecs:DescribeServiceDeployments and ecs:DescribeServiceRevisions, or set wait to false.',
  })
}

type Followed = { readonly look: () => Promise<Look>; readonly failures: FailureWatch }

async function followToEnd({ look, failures }: Followed, { clock, log, timeoutMinutes }: FollowContext): Promise<Verdict> {
  const deadline = clock.now().getTime() + timeoutMinutes * 60_000
  for (let last: Progress['status'] | undefined; ;) {
    const { progress: { status, reason, rollout }, events, deploymentId } = await look()
    const seen = { events, deploymentId, rollout }
    if (status === 'putting-back' && last !== status) log.warning(`The rollout has failed, ECS puts the service back: ${reason}`)
    if (status !== 'pending' && status !== 'putting-back') return { status, reason, ...seen }
    const hopeless = status === 'pending' ? await failures(deploymentId) : undefined
    if (hopeless !== undefined) {
      log.warning(`No further attempt is waited for: ${hopeless}`)
      return { status: 'failed', reason: hopeless, ...seen }
    }
    if (clock.now().getTime() >= deadline) return { status: 'timeout', reason, ...seen }
    last = status
    await clock.sleep(POLL_MS * (1 + Math.random() * 0.3))
  }
}
