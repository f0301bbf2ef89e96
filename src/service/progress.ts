import type { Rollout, ServiceState } from '../ports.ts'

/** How far a rollout is. `putting-back`: it has failed, and ECS is still on its way to the earlier revision. */
export type Progress = { readonly status: 'pending' | 'putting-back' | 'succeeded' | 'failed'; readonly reason: string }

/** ECS's states of a service deployment that are not `pending` (API reference, ServiceDeployment.status). */
const STATUSES: Readonly<Record<string, Progress['status']>> = {
  SUCCESSFUL: 'succeeded',
  ROLLBACK_REQUESTED: 'putting-back',
  ROLLBACK_IN_PROGRESS: 'putting-back',
  ROLLBACK_SUCCESSFUL: 'failed',
  ROLLBACK_FAILED: 'failed',
  STOPPED: 'failed',
}

/**
 * Progress of the newest service deployment to the target that was not there before the update. That needs no clock
 * that agrees with AWS's; right after the update it may not be listed yet.
 */
export function progressOfRollout(rollouts: readonly Rollout[], target: string, before: ReadonlySet<string>): Progress {
  const ours = rollouts.find(({ arn, taskDefinitionArn }) => taskDefinitionArn === target && !before.has(arn))
  if (ours === undefined) return { status: 'pending', reason: 'ECS has not started the deployment yet' }
  return { status: STATUSES[ours.status] ?? 'pending', reason: ours.reason === '' ? ours.status : `${ours.status}: ${ours.reason}` }
}

export type ClassicOptions = {
  readonly target: string
  /** Ids of the deployments that were there before the update. */
  readonly before: ReadonlySet<string>
  /** Whether the deployment to the target was there in an earlier look. */
  readonly seen: boolean
}

/**
 * The same from the service alone, for credentials that may not list service deployments. "Steady" is not enough: after
 * a rollback the service is steady on the old revision, and the deployment that failed is gone.
 */
export function progressOfService(state: ServiceState, { target, before, seen }: ClassicOptions): Progress {
  const ours = findOurs(state, target, before)
  const primary = state.deployments.find((deployment) => deployment.primary)
  if (ours === undefined) {
    return seen ? replaced(primary) : { status: 'pending', reason: 'ECS has not started the deployment yet' }
  }
  const reason = ours.reason === '' ? ours.rolloutState : `${ours.rolloutState}: ${ours.reason}`
  if (!ours.primary) return { status: replaced(primary).status, reason }
  if (ours.rolloutState === 'FAILED') return { status: 'failed', reason }
  const isSteady = state.deployments.length === 1 && state.runningCount === state.desiredCount
  const isDone = ours.rolloutState === 'COMPLETED' || (ours.rolloutState === '' && isSteady)
  return { status: isDone ? 'succeeded' : 'pending', reason }
}

/**
 * Progress of the deployment that a service is told to run now, whoever started it: a service that has the revision
 * need not be well on it.
 */
export function progressOfCurrent(state: ServiceState): Progress {
  return progressOfService(state, { target: state.taskDefinitionArn, before: replacedIds(state), seen: false })
}

/** Ids of the deployments that are not the current one. */
export function replacedIds({ deployments }: ServiceState): ReadonlySet<string> {
  return new Set(deployments.filter(({ primary }) => !primary).map(({ id }) => id))
}

/** The deployment to the target that was not there before. */
export function findOurs({ deployments }: ServiceState, target: string, before: ReadonlySet<string>): ClassicDeployment | undefined {
  return deployments.find(({ id, taskDefinitionArn }) => taskDefinitionArn === target && !before.has(id))
}

type ClassicDeployment = ServiceState['deployments'][number]

function replaced(primary: ClassicDeployment | undefined): Progress {
  const reason = `another deployment has taken its place${primary === undefined ? '' : `, to ${primary.taskDefinitionArn}`}`
  return { status: primary?.rolloutState === 'IN_PROGRESS' ? 'putting-back' : 'failed', reason }
}
