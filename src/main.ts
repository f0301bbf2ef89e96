import { join } from 'node:path'
import { mkdir, writeFile } from 'node:fs/promises'
import { applyRelease } from './release/apply.ts'
import type { Progress } from './release/apply.ts'
import { deviationsFrom, readApprovedPlan, requireApproved } from './release/approved-plan.ts'
import { publishComment, publishFailure } from './comment.ts'
import type { CommentContext } from './comment.ts'
import { DeployError, failureOf, messageOf } from './errors.ts'
import { readInputs } from './inputs.ts'
import type { Inputs } from './inputs.ts'
import type { Environment } from './inputs/input-reader.ts'
import { rememberingMasks } from './masks.ts'
import { planOffline } from './release/plan-offline.ts'
import { planRelease } from './release/plan-release.ts'
import { planRollback } from './rollback/plan-rollback.ts'
import { recordRelease } from './rollback/record-release.ts'
import type { PlannedRelease } from './release/plan-release.ts'
import type { Log, Ports } from './ports.ts'
import type { Outcome, ReleasePlan } from './release-plan.ts'
import { computeOutputs } from './report/outputs.ts'
import { formatPlanLines } from './report/plan-lines.ts'
import type { PlanRecord } from './report/plan-record.ts'
import type { Report } from './report/report.ts'
import { formatSummary } from './report/summary.ts'
import { timing } from './timeline.ts'
import type { Timeline } from './timeline.ts'

export type Runtime = {
  readonly environment: Environment
  readonly log: Log
  /** Builds the adapters; nothing is asked of the outside yet. */
  readonly connect: (inputs: Inputs, log: Log) => Ports
}

/** One release: read → plan → apply → report. Whatever goes wrong ends here, as one error and a red step. */
export async function run({ environment, log: runnerLog, connect }: Runtime): Promise<void> {
  const { log, masked } = rememberingMasks(runnerLog)
  try {
    const inputs = readInputs(environment)
    for (const secret of inputs.secrets) log.mask(secret)
    const ports = connect(inputs, log)
    try {
      await release({ inputs, ports, masked, ...timing(log, ports.clock) })
    } finally {
      await ports.dispose().catch((error: unknown) => { log.warning(`Not everything could be cleaned up: ${messageOf(error)}`) })
    }
  } catch (error) {
    log.fail(error instanceof Error ? error : new Error(String(error)))
  }
}

type Context = Timeline & CommentContext

async function release(context: Context): Promise<void> {
  const { inputs, ports, log } = context
  if (inputs.missing.length > 0) return report(context, await planning(context, () => planOffline(inputs, ports, log)))
  const planned = await planning(context, () => (inputs.records.rollbackTo === undefined ? planRelease : planRollback)(inputs, ports, log))
  return inputs.dryRun ? report(context, planned) : apply(planned, context)
}

type Reported = { readonly plan: ReleasePlan; readonly outcome: Outcome; readonly deviations?: readonly string[] }

/** A plan that fails on a pull request says so there: an older one must not pass for it. */
async function planning<T extends Reported>(context: Context, plan: () => Promise<T>): Promise<T> {
  const { inputs, log } = context
  try {
    const planned = await plan()
    await writePlan(inputs, planned.plan)
    await log.group('Plan', () => { // the plan's own lines, so that the log alone tells what was decided
      printPlan(planned.plan, log)
      return Promise.resolve()
    })
    if (inputs.dryRun && inputs.expectPlanHash !== undefined) requireApproved(inputs.expectPlanHash, planned.plan)
    return planned
  } catch (error) {
    await publishFailure(error, context)
    throw error
  }
}

function printPlan(plan: ReleasePlan, log: Log): void {
  for (const line of formatPlanLines(plan)) log.info(line)
  for (const { code, message, hint, file, line } of plan.warnings) {
    log.warning(`[${code}] ${message}. ${hint}`, file === undefined ? undefined : { file, ...(line !== undefined && { line }) })
  }
}

async function apply(planned: PlannedRelease, context: Context): Promise<void> {
  const { plan } = planned
  const approved = await readApprovedPlan(context)
  const deviations = approved === undefined ? [] : deviationsFrom(approved, plan)
  for (const deviation of deviations) context.log.notice(`Not as planned on the pull request: ${deviation}`)
  const { done, failure, isReleased } = await write(planned, context, approved)
  const outcome: Outcome = { ...done, failure: failure && failureOf(failure) }
  const record = isReleased ? await recordRelease(planned, outcome, context) : undefined
  await report(context, { plan, outcome: { ...outcome, ...(record !== undefined && { record }) }, deviations })
  if (failure !== undefined) throw failure
}

/** A failure is an outcome too: it is reported before it ends the step. */
async function write(
  planned: PlannedRelease, { inputs, ports, log }: Context, approved: PlanRecord | undefined,
): Promise<{ readonly done: Omit<Outcome, 'failure'>; readonly failure: Error | undefined; readonly isReleased: boolean }> {
  let progress: Progress = {}
  const keep = (made: Progress) => { progress = { ...progress, ...made } }
  try {
    if (inputs.expectPlanHash !== undefined) requireApproved(inputs.expectPlanHash, planned.plan, approved)
    const { outcome, failure } = await log.group('Apply', () => applyRelease(planned, inputs, { ports, log, report: keep }))
    return { done: outcome, failure, isReleased: true }
  } catch (error) {
    const done = { ...planned.outcome, serviceStatus: undefined, deployments: [], ...progress }
    return { done, failure: withProgress(error, progress), isReleased: false }
  }
}

/** Says what the failed release has made and left: a repository, an image and a revision that nothing uses yet. */
function withProgress(error: unknown, { repository, image, registered }: Progress): Error {
  const made = [...(repository === undefined ? [] : [`created the ECR repository ${repository}`]), ...(image?.built === true ? [`pushed ${image.reference}`] : []), ...(registered ?? []).map((arn) => `registered ${arn}`)]
  if (!(error instanceof DeployError)) return error instanceof Error ? error : new Error(String(error))
  if (made.length === 0) return error
  const { code, message, hint, location, cause } = error
  return new DeployError(code, `${message.replace(/\.$/, '')}. This run had ${made.join(' and ')}; they stay, unused`, { hint, location, cause })
}

function planFileOf({ temporaryDirectory }: Inputs, { hash }: ReleasePlan): string {
  return join(temporaryDirectory, `prefect-ecs-deploy-${hash.slice(0, 12)}.json`)
}

/** Before anything is applied: a run that is ended leaves its plan. */
async function writePlan(inputs: Inputs, plan: ReleasePlan): Promise<void> {
  await mkdir(inputs.temporaryDirectory, { recursive: true })
  await writeFile(planFileOf(inputs, plan), `${JSON.stringify(plan, null, 2)}\n`)
}

/** The outputs, the job summary and the comment; what was released is so whether a summary can be written or not. */
async function report(context: Context, { plan, outcome, deviations = [] }: Reported): Promise<void> {
  const { inputs, ports, log, phases } = context
  for (const [name, value] of Object.entries(computeOutputs(plan, outcome, planFileOf(inputs, plan)))) log.output(name, value)
  const reported: Report = { plan, outcome, run: inputs.run, phases, at: ports.clock.now(), deviations }
  await log.summary(formatSummary(reported)).catch((error: unknown) => { log.notice(`There is no job summary: ${messageOf(error)}`) })
  await publishComment(reported, context)
}
