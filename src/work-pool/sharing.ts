import { fullName } from '../deployment-name.ts'
import type { Warning } from '../errors.ts'
import { isObject } from '../planned.ts'
import type { LiveDeployment } from '../prefect-ports.ts'
import type { WorkPoolPlan } from './plan.ts'

export type Sharing = {
  /** Deployments that run in these pools, whoever made them. */
  readonly tenants: readonly LiveDeployment[]
  /** {@link fullName} of all that this release is about. */
  readonly released: readonly string[]
}

export type SharedWorkPools = { readonly workPools: readonly WorkPoolPlan[]; readonly warnings: readonly Warning[] }

/** Whose runs a change of the pools is for besides this release's: in the plan all of them, in the warning those that it reaches. */
export function sharePools(plans: readonly WorkPoolPlan[], { tenants, released }: Sharing): SharedWorkPools {
  const own = new Set(released)
  const others = tenants.filter((each) => !own.has(fullName(each)))
  const shared = plans.map((plan) => ({ plan, others: others.filter(({ fields }) => fields.work_pool_name === plan.name) }))
  return {
    workPools: shared.map(({ plan, others: all }) => ({ ...plan, sharedWith: all.map(fullName).sort() })),
    warnings: shared.flatMap(({ plan, others: all }) => (plan.action === 'update' ? sharingWarning(plan, all.filter((each) => isReached(each, plan))) : [])),
  }
}

const MOST_NAMES = 5

function sharingWarning({ name, changes }: WorkPoolPlan, reached: readonly LiveDeployment[]): Warning[] {
  if (reached.length === 0) return []
  const names = reached.map(fullName).sort()
  const rest = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : ''
  const what = changes.every(({ path }) => defaultOf(path) !== undefined)
    ? `the new ${changes.map(({ path }) => defaultOf(path)).join(', ')}`
    : 'its changes'
  return [{
    code: 'pool-shared',
    message: `work pool "${name}" has other deployments, whose runs get ${what} too: ${names.slice(0, MOST_NAMES).join(', ')}${rest}`,
    hint: 'Give them a pool of their own, or a value of their own in their job variables, when that is not meant.',
  }]
}

/** A deployment that says itself what has changed does not see the pool's default. */
function isReached({ fields }: LiveDeployment, { changes }: WorkPoolPlan): boolean {
  const own = isObject(fields.job_variables) ? fields.job_variables : {}
  return changes.some(({ path }) => {
    const variable = defaultOf(path)
    return variable === undefined || !(variable in own)
  })
}

/** The variable whose default is at a path. */
function defaultOf(path: string): string | undefined {
  return /^base_job_template\.variables\.properties\.([^.]+)\.default$/.exec(path)?.[1]
}
