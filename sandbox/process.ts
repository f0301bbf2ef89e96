/** Long-running processes: started with a log, waited for until they answer, stopped with all their children. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { poll } from './poll.ts'

export type ProcessOptions = {
  readonly command: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
  /** File that takes both output streams. */
  readonly log: string
  /** Answers true when the process is of use; asked until then. */
  readonly ready: () => Promise<true | undefined>
  readonly readyWithinSeconds?: number
}

export interface RunningProcess {
  readonly pid: number
  /** The exit code; 128 when a signal ended it. */
  readonly exited: Promise<number>
  /** Ends the process and its children: SIGTERM, after ten seconds SIGKILL. */
  stop(): Promise<void>
}

/** @throws Error with the end of the log when the process ends or does not get ready. */
export async function startProcess(options: ProcessOptions): Promise<RunningProcess> {
  const running = launch(options)
  let end: string | undefined
  void running.exited.then((code) => `ended with ${code} before it was ready`, String).then((reason) => { end = reason })
  try {
    const outcome = await poll<true | string>('ready', options.readyWithinSeconds ?? 60, async () => end ?? (await options.ready()))
    if (outcome !== true) throw new Error(outcome)
    return running
  } catch (error) {
    await running.stop()
    throw new Error(`${options.command.join(' ')}: ${String(error)}\n${tail(options.log)}`, { cause: error })
  }
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** The last lines of a log file. */
export function tail(log: string, lines = 30): string {
  return readFileSync(log, 'utf8').trimEnd().split('\n').slice(-lines).join('\n')
}

function launch({ command, env, cwd, log }: ProcessOptions): RunningProcess {
  mkdirSync(dirname(log), { recursive: true })
  const output = openSync(log, 'a')
  // The kernel ends the child when this process dies, however it dies; its own group takes its children with it.
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', '--', ...command], { env, cwd, detached: true, stdio: ['ignore', output, output] })
  closeSync(output)
  const exited = new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => { resolve(code ?? 128) })
  })
  return { pid: child.pid ?? 0, exited, stop: () => stop(child, exited) }
}

async function stop(child: ChildProcess, exited: Promise<number>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  signalGroup(child, 'SIGTERM')
  const timer = setTimeout(() => { signalGroup(child, 'SIGKILL') }, 10_000)
  await exited
  clearTimeout(timer)
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
