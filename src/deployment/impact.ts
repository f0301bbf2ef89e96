import type { WaitingRuns } from '../prefect-ports.ts'
import type { DeploymentPlan } from './plan.ts'

/** What a release does to runs that exist, and to what was not set in the file. */
export type Impact = {
  /** Future runs of its schedules that are deleted and made again. */
  readonly scheduledRuns: number
  /** Runs that are due and that no worker has started; they get the new code with their old parameters. */
  readonly lateRuns: number
  /** Runs that a worker has already: they would start on the old image with the new entrypoint. */
  readonly pendingRuns: readonly { readonly id: string; readonly name: string; /** `flow/deployment` */ readonly deployment: string }[]
  /** Whether there were more due runs than were looked at: the counts are then at least so many. */
  readonly isLowerBound: boolean
  /** Changes of fields whose live value was set in the UI or by another tool. */
  readonly overwrittenFields: number
  /** Deployments that this action has never released, made by `prefect deploy` for example. */
  readonly takeovers: number
}

export type ImpactOptions = {
  /** With what was set elsewhere marked: `markOutside`. */
  readonly plans: readonly DeploymentPlan[]
  /** Of {@link touchedDeployments}. */
  readonly waiting: WaitingRuns
  readonly now: Date
}

/** Ids of the deployments whose runs a release touches: a write drops the runs that are to come. */
export function touchedDeployments(plans: readonly DeploymentPlan[]): string[] {
  return plans.filter(dropsRuns).flatMap(({ id }) => id ?? [])
}

/** What the plans do to the runs that wait, and to what the file did not set. */
export function estimateImpact({ plans, waiting: { earliest, total }, now }: ImpactOptions): Impact {
  const touched = new Map(plans.filter(dropsRuns).flatMap((plan) => (plan.id === undefined ? [] : [[plan.id, plan]])))
  const unseen = total - earliest.length
  const isLowerBound = unseen > 0 && earliest.every(({ due }) => due <= now) // what comes after a run that is to come is to come, too
  const runs = earliest.filter(({ deploymentId }) => touched.has(deploymentId))
  const seen = runs.filter(({ state, due, autoScheduled }) => state === 'SCHEDULED' && due > now && autoScheduled).length
  return {
    scheduledRuns: isLowerBound ? seen : seen + unseen,
    lateRuns: runs.filter(({ state, due }) => state === 'SCHEDULED' && due <= now).length,
    pendingRuns: runs.flatMap(({ id, name, deploymentId, state }) => {
      const plan = touched.get(deploymentId)
      return state === 'PENDING' && plan !== undefined && hasOtherCode(plan) ? [{ id, name, deployment: plan.name }] : []
    }),
    isLowerBound,
    overwrittenFields: plans.flatMap(({ changes }) => changes).filter(({ isOutside }) => isOutside === true).length,
    takeovers: plans.filter(({ isTakeover }) => isTakeover).length,
  }
}

/** Writes of automations and service level agreements leave the runs alone. */
const DROPPING = /-(deployment|schedule)$/

function dropsRuns({ action, writes }: DeploymentPlan): boolean {
  return action === 'update' && writes.some(({ request }) => DROPPING.test(request.kind))
}

/** What a run finds only when it starts, and the image that it was given when it was submitted. */
const CODE = /^(entrypoint|pull_steps(\..+)?|job_variables(\.(image|task_definition_arn))?)$/

function hasOtherCode({ changes }: DeploymentPlan): boolean {
  return changes.some(({ path }) => CODE.test(path))
}
