import { DeployError } from '../errors.ts'
import type { Clock, Log, ServiceReference, Services, ServiceState } from '../ports.ts'
import { shortName } from './plan.ts'
import { findOurs, progressOfRollout, progressOfService, replacedIds } from './progress.ts'
import type { Progress } from './progress.ts'

export type FollowContext = {
  readonly services: Services
  readonly clock: Clock
  readonly log: Log
  readonly timeoutMinutes: number
}

/** How a rollout ended, and what was seen of it. */
export type Verdict = {
  readonly status: 'succeeded' | 'failed' | 'timeout'
  readonly reason: string
  /** Messages of the service's events since the update, oldest first. */
  readonly events: readonly string[]
  /** Id of the service's deployment, as far as it was seen. */
  readonly deploymentId: string | undefined
}

const POLL_MS = 5_000
/** How far back rollouts are listed: far longer than this clock and AWS's differ, so that ours is never missed. */
const HISTORY_MS = 60 * 60 * 1000

/**
 * Updates the service to a revision and follows what comes of it, printing events and counts as they change.
 * A look that fails is not the end of a rollout: the next one may succeed.
 */
export async function updateAndFollow(reference: ServiceReference, target: string, context: FollowContext): Promise<Verdict> {
  const { services, log } = context
  const state = await describeService(reference, services)
  const since = new Date(context.clock.now().getTime() - HISTORY_MS)
  const listed = await services.rollouts(reference, since)
  const look = createLook(state, {
    reference, target, context,
    before: new Set(state.deployments.map(({ id }) => id)),
    ...(listed !== undefined && { history: { since, before: new Set(listed.map(({ arn }) => arn)) } }),
  })
  await services.update(reference, target)
  log.info(`Service ${reference.service} is told to run ${shortName(target)}`)
  return followToEnd(look, context)
}

/**
 * Follows the rollout that the service is in already, whoever started it, without an update. The service alone tells
 * of it: it may have begun before the history of service deployments that is read.
 */
export async function followCurrent(reference: ServiceReference, target: string, context: FollowContext): Promise<Verdict> {
  const state = await describeService(reference, context.services)
  context.log.info(`Service ${reference.service} was told to run ${shortName(target)} before this release`)
  return followToEnd(createLook(state, { reference, target, context, before: replacedIds(state) }), context)
}

async function followToEnd(look: () => Promise<Look>, { clock, log, timeoutMinutes }: FollowContext): Promise<Verdict> {
  const deadline = clock.now().getTime() + timeoutMinutes * 60_000
  for (let last: Progress['status'] | undefined; ;) {
    const { progress: { status, reason }, events, deploymentId } = await look()
    if (status === 'putting-back' && last !== status) log.warning(`The rollout has failed, ECS puts the service back: ${reason}`)
    if (status === 'succeeded' || status === 'failed') return { status, reason, events, deploymentId }
    if (clock.now().getTime() >= deadline) return { status: 'timeout', reason, events, deploymentId }
    last = status
    await clock.sleep(POLL_MS * (0.8 + Math.random() * 0.4))
  }
}

/** @throws DeployError `service-missing`. */
export async function describeService(reference: ServiceReference, services: Services): Promise<ServiceState> {
  const state = await services.describe(reference)
  if (state !== undefined) return state
  throw new DeployError('service-missing', `There is no service ${reference.service} in cluster ${reference.cluster} any more`)
}

type Look = Pick<Verdict, 'events' | 'deploymentId'> & { readonly progress: Progress }
type LookOptions = {
  readonly reference: ServiceReference
  readonly target: string
  readonly context: FollowContext
  /** Ids of the service's deployments that are not the one to follow. */
  readonly before: ReadonlySet<string>
  /** The same of the service deployments, where they may be listed. */
  readonly history?: { readonly since: Date; readonly before: ReadonlySet<string> }
}

/** Knows what there was before, so that all looks tell what is new. */
function createLook(first: ServiceState, { reference, target, context, before, history }: LookOptions): () => Promise<Look> {
  const { services, log } = context
  const report = createReport(first, log)
  let deploymentId: string | undefined
  let progress: Progress = { status: 'pending', reason: 'nothing was seen of it' }
  const progressOf = async (state: ServiceState): Promise<Progress> => {
    const seen = deploymentId !== undefined
    deploymentId ??= findOurs(state, target, before)?.id
    const listed = history && (await services.rollouts(reference, history.since))
    if (history === undefined || listed === undefined) return progressOfService(state, { target, before, seen })
    return progressOfRollout(listed, target, history.before)
  }
  return async () => {
    try {
      const state = await describeService(reference, services)
      report.print(state)
      progress = await progressOf(state)
    } catch (error) {
      if (!(error instanceof DeployError) || error.code !== 'aws-request-failed') throw error
      log.warning(`The service could not be looked at: ${error.message}`)
    }
    return { progress, events: report.events, deploymentId }
  }
}

/** Prints each event that is not in the first state once, and the counts when they change. */
function createReport(first: ServiceState, log: Log): { events: readonly string[]; print: (state: ServiceState) => void } {
  const printed = new Set(first.events.map(({ id }) => id))
  const messages: string[] = []
  let counts = ''
  return {
    events: messages,
    print: ({ events, runningCount, pendingCount, desiredCount }) => {
      const fresh = events.filter(({ id }) => !printed.has(id)).sort((a, b) => a.at.getTime() - b.at.getTime())
      for (const { id, message } of fresh) {
        printed.add(id)
        messages.push(message)
        log.info(message)
      }
      const next = `${runningCount} running, ${pendingCount} pending, ${desiredCount} desired`
      if (next !== counts) log.info(next)
      counts = next
    },
  }
}
