/** Runs the action as GitHub's runner does: its environment, its inputs, its command files, its masks, its signals. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { idTokenEnvironment } from './github/oidc.ts'
import type { IdTokenRequest, Oidc } from './github/oidc.ts'
import { createRunFolder, root } from './paths.ts'
import { parseCommandFile } from './runner/command-file.ts'
import { inputVariables, stepEnvironment } from './runner/environment.ts'
import type { CommandFiles } from './runner/environment.ts'
import { claimsOf } from './runner/event.ts'
import type { WorkflowEvent } from './runner/event.ts'
import { readLog } from './runner/log.ts'
import type { Annotation } from './runner/log.ts'
import { mask } from './runner/masks.ts'
import { createShims } from './runner/shims.ts'
import type { ChildProcessCall } from './runner/shims.ts'
import { runStepProcess } from './runner/step-process.ts'

export type StepOptions = {
  readonly inputs: Readonly<Record<string, string>>
  readonly event: WorkflowEvent
  /** The checkout. */
  readonly workspace: string
  /** The step's `env:`. */
  readonly env?: Readonly<Record<string, string>>
  /** The job has `id-token: write`; the claims are those of the event unless given. */
  readonly idToken?: (Pick<Oidc, 'issuer' | 'secret'> & Partial<IdTokenRequest>) | undefined
  /** Secrets of the repository, which the runner masks from the start. */
  readonly secrets?: readonly string[]
  /** `${{ github.token }}` */
  readonly token?: string
  readonly githubApiUrl?: string
  readonly timeoutSeconds?: number
  /** Cancels the run once a line of its log matches, or once what is waited for has come. */
  readonly signalAfter?: RegExp | (() => Promise<unknown>)
  /** Kills the run, without a warning, once what is waited for has come. */
  readonly killAfter?: () => Promise<unknown>
  /** Script to run instead of the built action. */
  readonly main?: string
}

export type StepResult = {
  readonly conclusion: 'success' | 'failure'
  readonly exitCode: number
  /** As people see it on GitHub. */
  readonly log: string
  /** As the process printed it, commands and secrets included. */
  readonly rawLog: string
  readonly outputs: Readonly<Record<string, string>>
  /** Names of outputs that a job could not pass on, because they contain something masked. */
  readonly droppedOutputs: readonly string[]
  readonly summary: string
  readonly annotations: readonly Annotation[]
  readonly masks: readonly string[]
  /** What later steps would get: saved state, variables, PATH entries. */
  readonly state: Readonly<Record<string, string>>
  readonly exported: Readonly<Record<string, string>>
  readonly addedPaths: readonly string[]
  /** Calls of `docker` and `git`. */
  readonly children: readonly ChildProcessCall[]
  readonly seconds: number
  /** From the cancellation to the end; undefined when nothing cancelled the run. */
  readonly secondsAfterSignal: number | undefined
  readonly runnerTemp: string
}

/** A port that nothing listens on: a run without GitHub must not reach the real one. */
const NOWHERE = 'http://127.0.0.1:9'
const SUMMARY_LIMIT = 1024 * 1024

export async function runAction(options: StepOptions): Promise<StepResult> {
  const { token = 'ghs_sandboxToken', secrets = [], githubApiUrl = NOWHERE } = options
  const folder = createRunFolder()
  const shims = createShims(folder)
  const inputs = inputVariables(options.inputs, token)
  const step = stepEnvironment({ folder, workspace: options.workspace, event: options.event, githubApiUrl })
  const job = idToken(options)
  const started = Date.now()
  const { lines, exitCode, secondsAfterSignal } = await runStepProcess({
    main: options.main ?? join(root, 'dist/index.js'),
    cwd: options.workspace,
    env: { ...step.env, PATH: `${shims.path}:${step.env.PATH}`, ...options.env, ...inputs.env, ...job },
    timeoutSeconds: options.timeoutSeconds ?? 300,
    signalAfter: options.signalAfter,
    killAfter: options.killAfter,
  })
  const seconds = (Date.now() - started) / 1000
  const { log, annotations, masks } = readLog(lines, [token, ...secrets, ...Object.values(job).slice(1)])
  const problems: Annotation[] = inputs.unexpected === undefined ? [] : [{ level: 'warning', message: inputs.unexpected }]
  const { failed, ...files } = readFiles(step.files, masks, problems)
  return {
    conclusion: exitCode === 0 && !failed ? 'success' : 'failure',
    exitCode,
    log,
    rawLog: lines.join('\n'),
    annotations: [...problems, ...annotations],
    masks: [...masks],
    children: shims.calls(),
    seconds,
    secondsAfterSignal,
    runnerTemp: step.env.RUNNER_TEMP,
    ...files,
  }
}

function idToken({ idToken: request, event }: StepOptions): Record<string, string> {
  if (request === undefined) return {}
  return idTokenEnvironment(request, { claims: request.claims ?? claimsOf(event), ...(request.mode !== undefined && { mode: request.mode }) })
}

/** The command files after the step; `failed` when one breaks the format, which fails a step that exited with 0. */
function readFiles(files: CommandFiles, masks: ReadonlySet<string>, problems: Annotation[]) {
  let failed = false
  const read = (name: keyof CommandFiles, kind: string): Record<string, string> => {
    try {
      return parseCommandFile(readFileSync(files[name], 'utf8'))
    } catch (error) {
      failed = true
      problems.push({ level: 'error', message: `Unable to process file command '${kind}' successfully. ${(error as Error).message}` })
      return {}
    }
  }
  const all = Object.entries(read('OUTPUT', 'output'))
  const isMasked = (value: string) => mask(value, masks) !== value
  const content = {
    outputs: Object.fromEntries(all.filter(([, value]) => !isMasked(value))),
    droppedOutputs: all.filter(([, value]) => isMasked(value)).map(([name]) => name),
    state: read('STATE', 'state'),
    exported: read('ENV', 'env'),
    addedPaths: readFileSync(files.PATH, 'utf8').split('\n').filter((path) => path !== ''),
    summary: readSummary(readFileSync(files.STEP_SUMMARY, 'utf8'), masks, problems),
  }
  return { ...content, failed }
}

function readSummary(text: string, masks: ReadonlySet<string>, problems: Annotation[]): string {
  const bytes = Buffer.byteLength(text)
  if (bytes <= SUMMARY_LIMIT) return mask(text, masks)
  const message = `$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of 1024k, got ${Math.ceil(bytes / 1024)}k.`
  problems.push({ level: 'error', message })
  return ''
}
