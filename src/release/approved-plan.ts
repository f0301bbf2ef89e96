import { findReleased } from '../comment.ts'
import type { CommentContext } from '../comment.ts'
import { DeployError, isCancelled, messageOf } from '../errors.ts'
import { differingLayers } from './plan-hash.ts'
import type { ReleasePlan } from '../release-plan.ts'
import type { PlanRecord } from '../report/plan-record.ts'

/** What was planned, by its hash and, where it was kept, the hash of each deployment that changes, by `flow/deployment`. */
export type Approved = Pick<PlanRecord, 'hash' | 'deployments'>

/**
 * The plan that was on the pull request whose merge this releases; undefined when there is none, or when it was released
 * already. What GitHub refuses is no reason not to release.
 * @throws DeployError `cancelled`
 */
export function readApprovedPlan(context: CommentContext): Promise<PlanRecord | undefined> {
  const { inputs, log } = context
  if (!inputs.comment) return Promise.resolve(undefined)
  const found = findReleased(context).then((sticky) => (sticky?.record?.state === 'planned' && sticky.record.hash !== '' ? sticky.record : undefined))
  return found.catch((error: unknown) => {
    if (isCancelled(error)) throw error
    log.debug(`The plan on the pull request was not read: ${messageOf(error)}`)
    return undefined
  })
}

/** Which parts of an approved plan no longer hold, in words; none when it is this very plan. */
export function deviationsFrom(approved: Approved, plan: Pick<ReleasePlan, 'hash' | 'deployments'>): string[] {
  return differingLayers(approved.hash, plan.hash).flatMap((layer) => {
    switch (layer) {
      case 'image': return ['the image is another one (made of other files, arguments or base), or its repository or tags change otherwise']
      case 'taskDefinition': return ['the task definition changes otherwise']
      case 'service': return ['the worker service changes otherwise']
      case 'deployments': return deviatingDeployments(approved.deployments, plan)
    }
  })
}

/**
 * @param approved what the pull request showed; names the deployments that differ when it is the expected plan.
 * @throws DeployError `plan-changed` when the plan is not the expected one.
 */
export function requireApproved(expected: string, plan: Pick<ReleasePlan, 'hash' | 'deployments'>, approved?: Approved): void {
  if (expected === plan.hash) return
  const deviations = deviationsFrom(approved?.hash === expected ? approved : { hash: expected }, plan)
  throw new DeployError('plan-changed', `The plan is not the one that was approved: ${deviations.join('; ')}`, {
    hint: `Nothing was written. Look at this run's plan, and set expect-plan-hash to its hash, ${plan.hash}, if it is what you want.`,
  })
}

/** The digits of this layer are those of steps and work pools as well. */
function deviatingDeployments(approved: Approved['deployments'], { deployments }: Pick<ReleasePlan, 'deployments'>): string[] {
  const planned = new Map(deployments.filter(({ hash }) => hash !== '').map(({ name, hash }) => [name, hash]))
  const shown = new Map(Object.entries(approved ?? {}).filter(([, hash]) => hash !== ''))
  const names = [...new Set([...shown.keys(), ...planned.keys()])]
  if (approved === undefined) return ['the deployments, the steps of the Prefect file or the work pools change otherwise']
  const deviations = names.flatMap((name) => deviationOf(name, shown.get(name), planned.get(name)))
  return deviations.length > 0 ? deviations : ['the steps of the Prefect file or the work pools change otherwise, and every deployment as planned']
}

function deviationOf(name: string, shown: string | undefined, planned: string | undefined): string[] {
  if (shown === planned) return []
  if (shown === undefined) return [`the deployment ${name} is to change, which was not planned`]
  return [planned === undefined ? `the deployment ${name} no longer changes` : `the deployment ${name} changes otherwise`]
}
