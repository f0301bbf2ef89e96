import { DeployError, messageOf } from './errors.ts'
import type { Inputs } from './inputs.ts'
import type { Log, PlanComment, Ports } from './ports.ts'
import { formatComment, formatFailureComment } from './report/comment.ts'
import { readRecord } from './report/plan-record.ts'
import type { PlanRecord } from './report/plan-record.ts'
import type { Report } from './report/report.ts'

export type CommentContext = { readonly inputs: Inputs; readonly ports: Ports; readonly log: Log }

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
  const isCancelled = error instanceof DeployError && error.code === 'cancelled'
  if (!comment || !dryRun || pullRequest === undefined || isCancelled) return
  await trying(context, async () => {
    const sticky = await findOn(pullRequest.number, context)
    if ((await newerPlan(sticky, context)).isThere) return
    const at = context.ports.clock.now()
    await write(sticky, formatFailureComment({ name, run, message: messageOf(error), at, earlier: sticky.comment?.body }), context)
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
  const { newerCommit, isThere } = await newerPlan(sticky, context)
  if (isThere) return
  await write(sticky, formatComment(newerCommit === undefined ? report : { ...report, newerCommit }), context)
}

/** Where no plan was shown, nothing is told of the release either. */
async function publishRelease(report: Report, context: CommentContext): Promise<void> {
  const sticky = await findReleased(context)
  if (sticky?.comment !== undefined) await write(sticky, formatComment(report), context)
}

async function findOn(pullRequest: number, { inputs, ports }: Pick<CommentContext, 'inputs' | 'ports'>): Promise<Sticky> {
  const comment = await ports.comments.find(pullRequest, (body) => readRecord(body)?.name === inputs.name)
  return { pullRequest, comment, record: comment === undefined ? undefined : readRecord(comment.body) }
}

/** Whether the pull request has meanwhile moved on from this run's commit, and whether the plan of that is there already. */
async function newerPlan({ pullRequest, record }: Sticky, { inputs, ports, log }: CommentContext) {
  const head = await ports.pullRequests.headOf(pullRequest)
  const newerCommit = head === inputs.run.commit ? undefined : head
  const isThere = newerCommit !== undefined && record?.commit === newerCommit
  if (isThere) log.info(`The comment on pull request ${pullRequest} is for its newer commit ${newerCommit.slice(0, 7)} and stays`)
  return { newerCommit, isThere }
}

/** Writes only what says something new, so that nobody is notified of nothing. */
async function write({ pullRequest, comment, record }: Sticky, text: string, { inputs, ports, log }: CommentContext): Promise<void> {
  const body = withoutSecrets(text, inputs.secrets)
  if (record !== undefined && saysSame(record, readRecord(body))) return
  const url = await ports.comments.write(pullRequest, body, comment?.id)
  log.info(`The comment on pull request ${pullRequest}: ${url}`)
}

function saysSame(one: PlanRecord, other: PlanRecord | undefined): boolean {
  return one.content === other?.content && one.commit === other.commit && one.state === other.state
}

/**
 * The runner masks the log and the summary, GitHub masks no comment. The first line is the record, which has names and
 * hashes only.
 */
function withoutSecrets(body: string, secrets: readonly string[]): string {
  const [record = '', ...lines] = body.split('\n')
  const masked = secrets.filter(({ length }) => length >= SHORTEST_SECRET)
  return [record, masked.reduce((text, secret) => text.replaceAll(secret, '***'), lines.join('\n'))].join('\n')
}

async function trying({ inputs, log }: CommentContext, work: () => Promise<void>): Promise<void> {
  const what = inputs.dryRun ? 'The plan is not on the pull request' : 'The pull request does not say what was applied'
  try {
    await work()
  } catch (error) {
    log.notice(`${what}: ${messageOf(error).replace(/\.$/, '')}. The job summary has it.`)
  }
}
