import { DeployError } from '../errors.ts'
import type { Log } from '../ports.ts'
import type { ServiceReference, Services, ServiceState } from '../ecs-ports.ts'
import { findOurs, overtaken, progressOfRollout, progressOfService } from './progress.ts'
import type { Progress } from './progress.ts'

/** What one look at a rollout says; `events` are the service's since the update, oldest first. */
export type Look = {
  readonly progress: Progress
  readonly events: readonly string[]
  /** Id of the service's deployment, once it was seen. */
  readonly deploymentId: string | undefined
}

export type LookOptions = {
  readonly reference: ServiceReference
  readonly target: string
  readonly services: Services
  readonly log: Log
  /** Ids of the service's deployments that are not the one to follow. */
  readonly before: ReadonlySet<string>
  /** The same of the service deployments, where they may be listed. */
  readonly history?: { readonly since: Date; readonly before: ReadonlySet<string> }
}

/** @throws DeployError `service-missing`. */
export async function describeService(reference: ServiceReference, services: Services): Promise<ServiceState> {
  const state = await services.describe(reference)
  if (state !== undefined) return state
  throw new DeployError('service-missing', `There is no service ${reference.service} in cluster ${reference.cluster} any more`)
}

/** Knows what there was before, so that all looks tell what is new. A look that fails says what the last one did. */
export function createLook(first: ServiceState, options: LookOptions): () => Promise<Look> {
  const { reference, target, services, log, before, history } = options
  const report = createReport(first, log)
  const earlier = new Set(first.deployments.map(({ taskDefinitionArn }) => taskDefinitionArn).filter((arn) => arn !== target))
  let deploymentId: string | undefined
  let progress: Progress = { status: 'pending', reason: 'nothing was seen of it' }
  const progressOf = async (state: ServiceState): Promise<Progress> => {
    const seen = deploymentId !== undefined
    deploymentId ??= findOurs(state, target, before)?.id
    const listed = history && (await services.rollouts(reference, history.since))
    const ofRollout = history && listed && progressOfRollout(listed, target, history.before)
    const isListed = ofRollout?.rollout !== undefined
    // The list may lag behind the service, which tells as exactly how a rolling one goes.
    if (ofRollout === undefined || (!isListed && state.strategy === 'ROLLING')) return progressOfService(state, { target, before, seen, earlier })
    return overtaken(ofRollout, state, { target, earlier })
  }
  return async () => {
    try {
      const state = await describeService(reference, services)
      report.printState(state)
      progress = await progressOf(state)
      report.printStage(progress)
    } catch (error) {
      if (!(error instanceof DeployError) || error.code !== 'aws-request-failed') throw error
      log.warning(`The service could not be looked at: ${error.message}`)
    }
    return { progress, events: report.events, deploymentId }
  }
}

type Report = {
  readonly events: readonly string[]
  readonly printState: (state: ServiceState) => void
  readonly printStage: (progress: Progress) => void
}

/** Prints each event that is not in the first state once, and counts and stage when they change. */
function createReport(first: ServiceState, log: Log): Report {
  const printed = new Set(first.events.map(({ id }) => id))
  const messages: string[] = []
  const last = new Map<string, string>()
  const printChanged = (what: string, text: string) => {
    if (text !== (last.get(what) ?? '')) log.info(text)
    last.set(what, text)
  }
  return {
    events: messages,
    printState: ({ events, runningCount, pendingCount, desiredCount }) => {
      const fresh = events.filter(({ id }) => !printed.has(id)).sort((a, b) => a.at.getTime() - b.at.getTime())
      for (const { id, message } of fresh) {
        printed.add(id)
        messages.push(message)
        log.info(message)
      }
      printChanged('counts', `${runningCount} running, ${pendingCount} pending, ${desiredCount} desired`)
    },
    printStage: ({ rollout }) => {
      if (rollout !== undefined && rollout.stage !== '') printChanged('stage', `stage ${rollout.stage}`)
    },
  }
}
