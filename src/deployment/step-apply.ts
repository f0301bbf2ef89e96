import { isItems, isFields, isObject, isSensitive, PlannedText, reveal } from '../planned.ts'
import type { JsonObject, Planned, Results } from '../planned.ts'
import type { Log, ObjectStore, Shell } from '../ports.ts'
import { isSecretName } from '../secret-names.ts'
import { folderCopyOf } from './s3-folder.ts'
import { copyFolder } from './s3-step.ts'
import { runScript } from './shell-step.ts'
import { isTrue } from './step-arguments.ts'
import { targetOf } from './step-plan.ts'
import type { StepRun, StepRuns } from './step-runs.ts'

export type ApplyStepsContext = {
  readonly shell: Shell
  readonly objects: ObjectStore
  readonly log: Pick<Log, 'info' | 'mask'>
  /** Known so far: the image. */
  readonly results: Results
  /** What `$NAME` in a script may be replaced by where it asks for that. */
  readonly environment: Readonly<Record<string, string>>
  /** Absolute. */
  readonly projectDirectory: string
}

/** Shorter text is no secret worth the name, and its mask would hide half the log. */
const SHORTEST_SECRET = 6

/**
 * Does all steps in their order. What they did stays when the release fails later: a script can have done anything, and
 * the objects of a folder are not kept.
 * @returns the results with what the scripts printed.
 * @throws DeployError `step-failed`, `bucket-unusable`, `cancelled`.
 */
export async function applySteps({ runs }: Pick<StepRuns, 'runs'>, context: ApplyStepsContext): Promise<Results> {
  let { results } = context
  for (const run of runs) {
    context.log.info(`Step ${run.number}, ${run.step.name}`)
    results = { ...results, ...(await apply(run, { ...context, results })) }
  }
  return results
}

async function apply(run: StepRun, context: ApplyStepsContext): Promise<Results> {
  const { log, results, objects, projectDirectory } = context
  const revealed = reveal(run.settings, results)
  const settings: JsonObject = isObject(revealed) ? revealed : {}
  const secrets = [...hiddenIn(run.settings, results), ...secretsIn(settings), ...expandedIn(settings, context.environment)]
  for (const secret of secrets) if (secret.length >= SHORTEST_SECRET) log.mask(secret)
  if (run.step.kind !== 'shell') {
    const { changed, unchanged } = await copyFolder(folderCopyOf(settings), { objects, projectDirectory })
    log.info(`Copied ${changed.length} of ${changed.length + unchanged} files to ${targetOf(run)}`)
    return {}
  }
  const isHidden = run.settings.script !== undefined && isSensitive(run.settings.script)
  const { stdout, stderr } = await runScript(run.step, settings, { ...context, isHidden })
  if (isSensitive(run.settings)) for (const output of [stdout, stderr]) if (output.length >= SHORTEST_SECRET) log.mask(output)
  return { [`step ${run.number} stdout`]: stdout, [`step ${run.number} stderr`]: stderr }
}

/** The texts that a plan hides, in clear. */
function hiddenIn(value: Planned, results: Results): string[] {
  if (value instanceof PlannedText) {
    const text = value.sensitive ? reveal(value, results) : ''
    return typeof text === 'string' ? [text] : []
  }
  if (isItems(value)) return value.flatMap((item) => hiddenIn(item, results))
  return isFields(value) ? Object.values(value).flatMap((item) => hiddenIn(item, results)) : []
}

/** Secrets of the environment that a script has put in its place. */
function expandedIn({ script, expand_env_vars: expands }: JsonObject, environment: Readonly<Record<string, string>>): string[] {
  if (typeof script !== 'string' || !isTrue(expands, false)) return []
  return Object.entries(environment).filter(([name]) => isSecretName(name) && script.includes(name)).map(([, value]) => value)
}

/** Values that are named as secrets are, however they came there. */
function secretsIn(settings: JsonObject): string[] {
  return Object.entries(settings).flatMap(([name, value]) => {
    if (isObject(value)) return secretsIn(value)
    return typeof value === 'string' && isSecretName(name) ? [value] : []
  })
}
