import { DeployError } from '../errors.ts'
import { reveal } from '../planned.ts'
import type { Results } from '../planned.ts'
import type { Clock, Log } from '../ports.ts'
import type { Revision, TaskDefinition, TaskDefinitions } from '../ecs-ports.ts'
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
  const same = await findSame(definition, plan.previousArn, taskDefinitions)
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

/** Names and words that AWS has for "later" (the SDK's own list of throttling errors, without `LimitExceededException`, which stays so). */
const TRANSIENT = /too many (concurrent attempts|requests)|toomanyrequests|rate exceeded|throttl|requestlimitexceeded|bandwidthlimitexceeded|slowdown/i

function isTransient(error: unknown): boolean {
  return error instanceof DeployError && TRANSIENT.test(causeOf(error))
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.cause.name}: ${error.cause.message}` : error.message
}

/** The newest revision of the family, or the one that the plan compared with: a service's own need not be the newest. */
async function findSame(definition: TaskDefinition, previousArn: string | undefined, taskDefinitions: TaskDefinitions): Promise<string | undefined> {
  const newest = await taskDefinitions.describe(definition.family)
  if (isSame(newest, definition)) return newest?.arn
  const previous = previousArn === undefined || previousArn === newest?.arn ? undefined : await taskDefinitions.describe(previousArn)
  return isSame(previous, definition) ? previousArn : undefined
}

function isSame(revision: Revision | undefined, definition: TaskDefinition): boolean {
  if (revision?.active !== true) return false
  const live = markSensitive(revision.definition)
  return changesBetween(canonicalForm(live), canonicalForm(markSensitive(definition), live)).length === 0
}
