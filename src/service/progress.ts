import type { Rollout, ServiceState } from '../ecs-ports.ts'

/**
 * How far a rollout is. `putting-back`: it has failed, and ECS is still on its way to the earlier revision; `paused`: it
 * waits for somebody's word; `superseded`: a newer deployment to another revision has taken its place.
 */
export type Progress = {
  readonly status: 'pending' | 'putting-back' | 'paused' | 'succeeded' | 'failed' | 'superseded'
  readonly reason: string
  /** The service deployment, where it may be listed and is. */
  readonly rollout?: Rollout
}

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
 * @param rollouts the newest first.
 */
export function progressOfRollout(rollouts: readonly Rollout[], target: string, before: ReadonlySet<string>): Progress {
  const ours = rollouts.find(({ arn, taskDefinitionArn }) => taskDefinitionArn === target && !before.has(arn))
  if (ours === undefined) return { status: 'pending', reason: 'ECS has not started the deployment yet' }
  const [newer] = rollouts.slice(0, rollouts.indexOf(ours))
  if (newer !== undefined && ours.status.startsWith('STOP')) {
    return { status: 'superseded', reason: `${newer.arn} to ${newer.taskDefinitionArn}, ${newer.status}`, rollout: ours }
  }
  const status = STATUSES[ours.status] ?? (ours.pause === undefined ? 'pending' : 'paused')
  return { status, reason: ours.reason === '' ? ours.status : `${ours.status}: ${ours.reason}`, rollout: ours }
}

/** What stopped a rollout may not be listed yet: the service tells sooner that it was told to run something else. */
export function overtaken(
  progress: Progress, { taskDefinitionArn: current }: ServiceState, { target, earlier }: Pick<ClassicOptions, 'target' | 'earlier'>,
): Progress {
  const isStopped = progress.rollout?.status.startsWith('STOP') === true && progress.status !== 'superseded'
  if (!isStopped || current === target || earlier.has(current)) return progress
  return { ...progress, status: 'superseded', reason: `the service was told to run ${current}` }
}

export type ClassicOptions = {
  readonly target: string
  /** Ids of the deployments that were there before the update. */
  readonly before: ReadonlySet<string>
  /** Whether the deployment to the target was there in an earlier look. */
  readonly seen: boolean
  /** Revisions that ECS may go back to by itself: those that the service had before. */
  readonly earlier: ReadonlySet<string>
}

/**
 * The same from the service alone, for credentials that may not list service deployments. "Steady" is not enough: after
 * a rollback the service is steady on the old revision, and the deployment that failed is gone.
 */
export function progressOfService(state: ServiceState, { target, before, seen, earlier }: ClassicOptions): Progress {
  const ours = findOurs(state, target, before)
  const primary = state.deployments.find((deployment) => deployment.primary)
  if (ours === undefined) {
    return seen ? replaced(primary, earlier) : { status: 'pending', reason: 'ECS has not started the deployment yet' }
  }
  const reason = ours.reason === '' ? ours.rolloutState : `${ours.rolloutState}: ${ours.reason}`
  if (!ours.primary) return ours.rolloutState === 'FAILED' ? { status: wayBack(primary), reason } : replaced(primary, earlier)
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
  return progressOfService(state, { target: state.taskDefinitionArn, before: replacedIds(state), seen: false, earlier: new Set() })
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

/** ECS itself only goes back; what goes elsewhere is somebody else's. */
function replaced(primary: ClassicDeployment | undefined, earlier: ReadonlySet<string>): Progress {
  if (primary !== undefined && !earlier.has(primary.taskDefinitionArn)) {
    return { status: 'superseded', reason: `${primary.id} to ${primary.taskDefinitionArn}, ${primary.rolloutState}` }
  }
  return { status: wayBack(primary), reason: `another deployment has taken its place${primary === undefined ? '' : `, to ${primary.taskDefinitionArn}`}` }
}

function wayBack(primary: ClassicDeployment | undefined): Progress['status'] {
  return primary?.rolloutState === 'IN_PROGRESS' ? 'putting-back' : 'failed'
}

const OVER: readonly string[] = ['SUCCESSFUL', 'STOPPED', 'ROLLBACK_SUCCESSFUL', 'ROLLBACK_FAILED']

/** Whether nothing becomes of a service deployment any more. */
export function isOver({ status }: Rollout): boolean {
  return OVER.includes(status)
}
