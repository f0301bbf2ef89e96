import { DeployError } from '../errors.ts'
import { reveal } from '../planned.ts'
import type { Results } from '../planned.ts'
import type { Clock, Log, TaskDefinition, TaskDefinitions } from '../ports.ts'
import { retry } from '../retry.ts'
import { canonicalForm } from './canonical.ts'
import { changesBetween } from './changes.ts'
import type { TaskDefinitionPlan } from './plan.ts'
import { markSensitive } from './sensitive.ts'

export type RegisterOptions = {
  readonly results: Results
  readonly taskDefinitions: TaskDefinitions
  readonly clock: Clock
  readonly log: Log
}

/**
 * Makes the planned revision and returns its full ARN. What the plan could not know, the image's digest, is known now:
 * when the family's newest revision turns out to be the same, that one is used and none is made.
 * @throws DeployError in AWS's words when it does not take the definition.
 */
export async function registerTaskDefinition(plan: TaskDefinitionPlan, options: RegisterOptions): Promise<string> {
  if (plan.action === 'unchanged') return plan.arn
  const { results, taskDefinitions, clock, log } = options
  const definition = reveal(plan.definition, results) as TaskDefinition // the plan only put an image into one
  const same = await findSame(definition, taskDefinitions)
  if (same !== undefined) {
    log.info(`${same} is already what was planned: no new revision`)
    return same
  }
  const arn = await retry(() => taskDefinitions.register(definition), {
    clock,
    ...WAITS,
    isTransient,
    onRetry: (error) => { log.info(`Registering ${plan.family} again: ${causeOf(error)}`) },
  })
  log.info(`Registered ${arn}`)
  return arn
}

/** ECS refuses two registrations of one family at once, and Prefect's ECS worker registers revisions too. */
const WAITS = { tries: 8, baseMs: 1_000, capMs: 8_000 }

function isTransient(error: unknown): boolean {
  return error instanceof DeployError && /too many concurrent attempts|rate exceeded|throttl/i.test(causeOf(error))
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.cause.name}: ${error.cause.message}` : error.message
}

async function findSame(definition: TaskDefinition, taskDefinitions: TaskDefinitions): Promise<string | undefined> {
  const newest = await taskDefinitions.describe(definition.family)
  if (newest?.active !== true) return undefined
  const live = markSensitive(newest.definition)
  const changes = changesBetween(canonicalForm(live), canonicalForm(markSensitive(definition), live))
  return changes.length === 0 ? newest.arn : undefined
}
