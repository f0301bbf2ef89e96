import type { Outcome, ReleasePlan } from '../release-plan.ts'
import type { Phase, RunContext } from '../inputs/run-context.ts'

/** Everything that people are told: the plan, what came of it, and in which run. */
export type Report = {
  readonly plan: ReleasePlan
  readonly outcome: Outcome
  readonly run: RunContext
  readonly phases: readonly Phase[]
  readonly at: Date
  /** Commit that the pull request is at meanwhile, when it is not the plan's. */
  readonly newerCommit?: string
  /** Parts of the plan approved on the pull request that no longer held at the release, in words. */
  readonly deviations: readonly string[]
}

export type State = 'planned' | 'applied' | 'failed'

/** How far the release has come. */
export function stateOf({ plan, outcome }: Pick<Report, 'plan' | 'outcome'>): State {
  if (outcome.failure !== undefined) return 'failed'
  return plan.dryRun ? 'planned' : 'applied'
}
