import { resolve } from 'node:path'
import { DeployError, messageOf } from '../errors.ts'
import { isObject } from '../planned.ts'
import type { Json, JsonObject } from '../planned.ts'
import type { Shell } from '../ports.ts'
import type { BuildStep } from './build-steps.ts'
import { splitLines, splitWords, substitute } from './shell-words.ts'
import { isTrue } from './step-arguments.ts'

export type ShellContext = {
  readonly shell: Shell
  /** What `$NAME` in a script may be replaced by where it asks for that. */
  readonly environment: Readonly<Record<string, string>>
  /** Absolute; scripts run in there. */
  readonly projectDirectory: string
  /** Whether the script's own text must not be shown. */
  readonly isHidden: boolean
}

export type ShellOutput = { readonly stdout: string; readonly stderr: string }

/**
 * Runs a script as Prefect's `run_shell_script` does: each line is a command of its own, without a shell unless it asks
 * for one; the first that fails ends it.
 * @param settings the step's arguments, all known.
 * @throws DeployError `step-failed`, `cancelled`.
 */
export async function runScript(step: BuildStep, settings: JsonObject, context: ShellContext): Promise<ShellOutput> {
  const { shell, environment, projectDirectory, isHidden } = context
  const own = textsOf(settings.env)
  const directory = resolve(projectDirectory, typeof settings.directory === 'string' ? settings.directory : '.')
  const output = { stdout: '', stderr: '' }
  for (const line of splitLines(textOf(settings.script))) {
    const fail: Fail = (reason, cause) => failed(step, `${isHidden ? 'a line' : `"${line.trim()}"`}: ${reason}`, cause)
    const text = isTrue(settings.expand_env_vars, false) ? substitute(line, { ...environment, ...own }) : line
    const command = commandOf(text, isTrue(settings.shell, false), fail)
    if (command === undefined) continue
    const isStreamed = isTrue(settings.stream_output, true)
    const result = await shell.run({ command, directory, environment: own, isStreamed }).catch((error: unknown) => {
      throw error instanceof DeployError && error.code === 'step-failed' ? fail(error.message, error) : error
    })
    output.stdout += result.stdout
    output.stderr += result.stderr
    if (result.exitCode !== 0) throw fail(`exit code ${result.exitCode}${lastLineOf(result.stderr)}`)
  }
  return { stdout: output.stdout.trim(), stderr: output.stderr.trim() }
}

type Fail = (reason: string, cause?: unknown) => DeployError

function failed({ name, location }: BuildStep, where: string, cause: unknown): DeployError {
  return new DeployError('step-failed', `The script of ${name} failed at ${where}`, {
    hint: 'Run it in the checkout to see why. Nothing after it was done; what it did itself stays.', location, cause,
  })
}

/** Undefined for an empty line. */
function commandOf(line: string, isShell: boolean, fail: Fail): readonly string[] | undefined {
  if (isShell) return line.trim() === '' ? undefined : ['/bin/sh', '-c', line.trim()]
  try {
    const words = splitWords(line)
    return words.length === 0 ? undefined : words
  } catch (error) {
    throw fail(messageOf(error), error)
  }
}

function lastLineOf(text: string): string {
  const last = text.trimEnd().split('\n').at(-1)?.trim() ?? ''
  return last === '' ? '' : `: ${last}`
}

function textsOf(env: Json | undefined): Record<string, string> {
  return isObject(env) ? Object.fromEntries(Object.entries(env).map(([name, value]) => [name, textOf(value)])) : {}
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? '')
}
