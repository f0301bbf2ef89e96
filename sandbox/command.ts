/** Programs that run to their end. */
import { spawn } from 'node:child_process'
import { accessSync, constants, createWriteStream, mkdirSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import type { Writable } from 'node:stream'

export type CommandOptions = {
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
  /** Text or bytes for the program's standard input. */
  readonly input?: string
  /** File that takes both output streams, on top of the result. */
  readonly log?: string
}
export type CommandResult = { readonly exitCode: number; readonly stdout: string; readonly stderr: string }

/** What stands before a command that needs root. */
export const asRoot: readonly string[] = process.getuid?.() === 0 ? [] : ['sudo', '-n']

/** @throws Error with the end of the output when the program fails. @returns its standard output, trimmed. */
export async function run(command: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { exitCode, stdout, stderr } = await attempt(command, options)
  if (exitCode === 0) return stdout.trim()
  const end = `${stdout}\n${stderr}`.trim().split('\n').slice(-20).join('\n')
  throw new Error(`${command.join(' ')}: exit code ${exitCode}\n${end}`)
}

/** Runs a program that may fail; one that does not exist has exit code 127. */
export async function attempt(command: readonly string[], { env, cwd, input, log }: CommandOptions = {}): Promise<CommandResult> {
  const [program = '', ...args] = command
  const child = spawn(program, args, { env, cwd, stdio: ['pipe', 'pipe', 'pipe'] })
  const copy = log === undefined ? undefined : openLog(log)
  const output = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      output[stream] += text
      copy?.write(text)
    })
  }
  child.stdin.on('error', () => undefined).end(input ?? '')
  const exitCode = await new Promise<number>((resolve) => {
    child.once('error', () => { resolve(127) })
    child.once('close', (code) => { resolve(code ?? 128) })
  })
  copy?.end()
  return { exitCode, ...output }
}

/** Path of a program, in the system folders too that only root has on its PATH; undefined when there is none. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin']
  return folders.map((folder) => join(folder, name)).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function openLog(log: string): Writable {
  mkdirSync(dirname(log), { recursive: true })
  return createWriteStream(log, { flags: 'a' })
}
