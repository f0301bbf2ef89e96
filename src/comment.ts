import { failureOf, isCancelled, messageOf } from './errors.ts'
import type { Inputs } from './inputs.ts'
import type { Log, PlanComment, Ports } from './ports.ts'
import { formatComment, formatFailureComment } from './report/comment.ts'
import { readRecord } from './report/plan-record.ts'
import type { PlanRecord } from './report/plan-record.ts'
import type { Report } from './report/report.ts'

export type CommentContext = {
  readonly inputs: Inputs
  readonly ports: Ports
  readonly log: Log
  /** All that the log was told to mask: the runner does so in log and summary, GitHub in no comment. */
  readonly masked: Iterable<string>
}

/** A pull request's comment of ours; `comment` and `record` are absent as long as there is none. */
type Sticky = { readonly pullRequest: number; readonly comment: PlanComment | undefined; readonly record: PlanRecord | undefined }

/** Shorter values are parts of ordinary words. */
const SHORTEST_SECRET = 4

/**
 * Keeps the comment on the pull request: of a plan there, or of the release of its merge. Never throws, for nothing
 * depends on it: what GitHub refuses is one notice.
 */
export async function publishComment(report: Report, context: CommentContext): Promise<void> {
  const { comment, dryRun } = context.inputs
  if (!comment) return
  await trying(context, () => (dryRun ? publishPlan(report, context) : publishRelease(report, context)))
}

/** Says on the pull request that its newest plan failed: the plan that is there must not pass for it. Never throws. */
export async function publishFailure(error: unknown, context: CommentContext): Promise<void> {
  const { comment, dryRun, run, name } = context.inputs
  const { pullRequest } = run
  // A newer run takes the place of one that was cancelled.
  if (!comment || !dryRun || pullRequest === undefined || isCancelled(error)) return
  await trying(context, async () => {
    const sticky = await findOn(pullRequest.number, context)
    if (!(await standing(sticky, context)).isOpen) return
    const at = context.ports.clock.now()
    const failure = mapTexts(failureOf(error), masking(context))
    await write(sticky, formatFailureComment({ name, run, failure, at, earlier: sticky.comment?.body }), context)
  })
}

/**
 * Our comment on the pull request that a release is of.
 * @throws Error as the port does.
 */
export async function findReleased({ inputs, ports }: Pick<CommentContext, 'inputs' | 'ports'>): Promise<Sticky | undefined> {
  const { pullRequest, commit } = inputs.run
  const number = pullRequest?.number ?? (await ports.pullRequests.of(commit))
  return number === undefined ? undefined : findOn(number, { inputs, ports })
}

async function publishPlan(report: Report, context: CommentContext): Promise<void> {
  const { pullRequest } = report.run
  if (pullRequest === undefined) return
  const sticky = await findOn(pullRequest.number, context)
  const { newerCommit, isOpen } = await standing(sticky, context)
  if (!isOpen) return
  const shown = withoutSecrets(report, context)
  await write(sticky, formatComment(newerCommit === undefined ? shown : { ...shown, newerCommit }), context)
}

/** Where no plan was shown, nothing is told of the release either. */
async function publishRelease(report: Report, context: CommentContext): Promise<void> {
  const sticky = await findReleased(context)
  if (sticky?.comment !== undefined) await write(sticky, formatComment(withoutSecrets(report, context)), context)
}

async function findOn(pullRequest: number, { inputs, ports }: Pick<CommentContext, 'inputs' | 'ports'>): Promise<Sticky> {
  const comment = await ports.comments.find(pullRequest, (body) => readRecord(body)?.name === inputs.name)
  return { pullRequest, comment, record: comment === undefined ? undefined : readRecord(comment.body) }
}

/** Whether a plan of this run's commit may still be shown, and the commit that the pull request has meanwhile moved on to. */
async function standing({ pullRequest, record }: Sticky, { inputs, ports, log }: CommentContext) {
  const { commit: head, isMerged } = await ports.pullRequests.headOf(pullRequest)
  const newerCommit = head === inputs.run.commit ? undefined : head
  const isThere = newerCommit !== undefined && record?.commit === newerCommit
  if (isMerged) log.info(`Pull request ${pullRequest} is merged: what its comment says of the release stays`)
  else if (isThere) log.info(`The comment on pull request ${pullRequest} is for its newer commit ${newerCommit.slice(0, 7)} and stays`)
  return { newerCommit, isOpen: !isMerged && !isThere }
}

/** Writes only what says something new, so that nobody is notified of nothing. */
async function write({ pullRequest, comment, record }: Sticky, body: string, { ports, log }: CommentContext): Promise<void> {
  if (record !== undefined && saysSame(record, readRecord(body))) return
  const url = await ports.comments.write(pullRequest, body, comment?.id)
  log.info(`The comment on pull request ${pullRequest}: ${url}`)
}

function saysSame(one: PlanRecord, other: PlanRecord | undefined): boolean {
  return one.content === other?.content && one.commit === other.commit && one.state === other.state
}

/** Before it is rendered, for Markdown escapes and shortens; the name stays, by which the comment is found. */
function withoutSecrets(report: Report, context: CommentContext): Report {
  const mask = masking(context)
  const { plan, outcome, deviations } = report
  const [shownPlan, shownOutcome, shownDeviations] = mapTexts([plan, outcome, deviations], mask)
  return { ...report, plan: { ...shownPlan, name: plan.name, hash: plan.hash }, outcome: shownOutcome, deviations: shownDeviations }
}

/** Line by line, as the runner masks. */
function masking({ inputs, masked }: CommentContext): (text: string) => string {
  const lines = [...inputs.secrets, ...masked].flatMap((secret) => [secret, ...secret.split(/\r?\n/)])
  const secrets = [...new Set(lines)].filter(({ length }) => length >= SHORTEST_SECRET).toSorted((one, other) => other.length - one.length)
  return (text) => secrets.reduce((shown, secret) => shown.replaceAll(secret, '***'), text)
}

function mapTexts<T>(value: T, map: (text: string) => string): T {
  const mapped = (each: unknown): unknown => {
    if (typeof each === 'string') return map(each)
    if (Array.isArray(each)) return each.map(mapped)
    return each !== null && typeof each === 'object' ? Object.fromEntries(Object.entries(each).map(([key, item]) => [map(key), mapped(item)])) : each
  }
  return mapped(value) as T // of the same shape
}

async function trying({ inputs, log }: CommentContext, work: () => Promise<void>): Promise<void> {
  const what = inputs.dryRun ? 'The plan is not on the pull request' : 'The pull request does not say what was applied'
  try {
    await work()
  } catch (error) {
    log.notice(`${what}: ${messageOf(error).replace(/\.$/, '')}. The job summary has it.`)
  }
}
