import * as core from '@actions/core'
import { DeployError, messageOf } from '../errors.ts'
import type { Location, Problem } from '../errors.ts'
import type { Log } from '../ports.ts'

/** The log, command files and masks of the runner that this step runs on. */
export function createRunnerLog(): Log {
  return {
    debug: (message) => { core.debug(withoutCommands(message)) },
    info,
    notice: (message) => { core.notice(message) },
    warning: (message, location) => { core.warning(message, annotation(location)) },
    group: (title, work) => core.group(title, work),
    mask,
    output: core.setOutput,
    summary: async (markdown) => { await core.summary.addRaw(markdown, true).write() },
    fail,
  }
}

function info(message: string): void {
  core.info(withoutCommands(message))
}

/**
 * The runner takes `::name::` at a line's start and `##[name]` anywhere for commands, whoever wrote the text; a line
 * ends with CR too, and .NET's white space has U+0085, which JavaScript's has not.
 */
function withoutCommands(text: string): string {
  return text.replace(/^((?:[^\S\r\n]|\x85)*):(?=:)/gm, '$1: ').replaceAll('##[', '## [')
}

/**
 * The runner masks line by line, so every line of a value is masked too, as it would be printed; single characters
 * would mask everything.
 */
function mask(secret: string): void {
  const lines = [secret, ...secret.split(/\r?\n/)]
  for (const value of new Set([...lines, ...lines.map(withoutCommands)])) if (value.trim().length > 1) core.setSecret(value)
}

/** Several problems are an annotation each, so that every one stands at its own line. */
function fail(error: Error): void {
  process.exitCode = core.ExitCode.Failure
  const problems = error instanceof DeployError && error.problems.length > 0 ? error.problems : [error]
  for (const problem of problems) core.error(sentence(problem), 'location' in problem ? annotation(problem.location) : {})
  if (error.cause !== undefined) info(`Cause: ${messageOf(error.cause)}`)
  core.debug(withoutCommands(error.stack ?? ''))
}

/** What, where and what to do, in one line. */
function sentence(error: Problem | Error): string {
  if (!('code' in error && 'hint' in error)) return `Unexpected error, please report it: ${oneLine(error.message)}`
  const ending = /[.!?…]$/.test(error.message) ? '' : '.'
  return oneLine(`[${error.code}] ${error.message}${ending} ${error.hint ?? ''}`)
}

function oneLine(text: string): string {
  return text.replace(/\s*\r?\n\s*/g, ' ⏎ ').trim()
}

function annotation(location: Location | undefined): core.AnnotationProperties {
  if (location === undefined) return {}
  return {
    file: location.file,
    ...(location.line !== undefined && { startLine: location.line }),
    ...(location.column !== undefined && { startColumn: location.column }),
  }
}
