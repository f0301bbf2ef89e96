import { join } from 'node:path'
import { mkdir, writeFile } from 'node:fs/promises'
import { applyRelease } from './apply.ts'
import type { Progress } from './apply.ts'
import { DeployError, messageOf } from './errors.ts'
import { readInputs } from './inputs.ts'
import type { Inputs } from './inputs.ts'
import type { Environment } from './input-reader.ts'
import type { Log, Ports } from './ports.ts'
import { planRelease } from './plan-release.ts'
import type { PlannedRelease } from './plan-release.ts'
import type { Outcome } from './release.ts'
import { computeOutputs } from './report/outputs.ts'
import { formatPlanLines, formatSummary } from './report/summary.ts'

export type Runtime = {
  readonly environment: Environment
  readonly log: Log
  /** Builds the adapters; nothing is asked of the outside yet. */
  readonly connect: (inputs: Inputs, log: Log) => Ports
}

/** One release: read → plan → apply → report. Whatever goes wrong ends here, as one error and a red step. */
export async function run({ environment, log, connect }: Runtime): Promise<void> {
  try {
    const inputs = readInputs(environment)
    for (const secret of inputs.secrets) log.mask(secret)
    const ports = connect(inputs, log)
    try {
      await release(inputs, ports, log)
    } finally {
      await ports.dispose().catch((error: unknown) => { log.warning(`Not everything could be cleaned up: ${messageOf(error)}`) })
    }
  } catch (error) {
    log.fail(error instanceof Error ? error : new Error(String(error)))
  }
}

async function release(inputs: Inputs, ports: Ports, log: Log): Promise<void> {
  const planned = await planRelease(inputs, ports, log)
  await log.group('Plan', () => { // the plan's own lines, so that the log alone tells what was decided
    for (const line of formatPlanLines(planned.plan)) log.info(line)
    for (const { code, message, hint, file, line } of planned.plan.warnings) {
      log.warning(`[${code}] ${message}. ${hint}`, file === undefined ? undefined : { file, ...(line !== undefined && { line }) })
    }
    return Promise.resolve()
  })
  const report = await startReport(inputs, planned, log)
  let progress: Progress = {}
  const keep = (made: Progress) => { progress = { ...progress, ...made } }
  try {
    await report(inputs.dryRun ? planned.outcome : await log.group('Apply', () => applyRelease(planned, inputs, { ports, log, report: keep })))
  } catch (error) {
    const failure = withProgress(error, progress)
    await report({ ...planned.outcome, serviceStatus: undefined, deployments: [], ...progress, failure: messageOf(failure) })
    throw failure
  }
}

/** Says what the failed release has made and left: an image and a revision that nothing uses yet. */
function withProgress(error: unknown, { image, registered }: Progress): unknown {
  const made = [...(image?.built === true ? [`pushed ${image.reference}`] : []), ...(registered ?? []).map((arn) => `registered ${arn}`)]
  if (made.length === 0 || !(error instanceof DeployError)) return error
  const { code, message, hint, location, cause } = error
  return new DeployError(code, `${message.replace(/\.$/, '')}. This run had ${made.join(' and ')}; they stay, unused`, { hint, location, cause })
}

/** Writes `plan.json`, and returns what writes the outputs and the summary once the outcome is known. */
async function startReport(inputs: Inputs, { plan }: PlannedRelease, log: Log): Promise<(outcome: Outcome) => Promise<void>> {
  const planFile = join(inputs.temporaryDirectory, `prefect-ecs-deploy-${plan.hash.slice(0, 12)}.json`)
  await mkdir(inputs.temporaryDirectory, { recursive: true })
  await writeFile(planFile, `${JSON.stringify(plan, null, 2)}\n`)
  return async (outcome) => {
    for (const [name, value] of Object.entries(computeOutputs(plan, outcome, planFile))) log.output(name, value)
    await log.summary(formatSummary(plan, outcome))
  }
}
