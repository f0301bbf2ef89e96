/** The step's process: Node 24 with pipes, no terminal, cancelled the way the runner cancels. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { node } from '../paths.ts'

export type StepProcess = {
  readonly main: string
  readonly cwd: string
  readonly env: Record<string, string>
  readonly timeoutSeconds: number
  /** Cancels once a line matches, or after so many seconds. */
  readonly signalAfter: RegExp | number | undefined
}

/** How long the runner waits after SIGINT, and then after SIGTERM, before it kills. */
const GRACE_MILLISECONDS = { SIGINT: 7500, SIGTERM: 2500 }

/** @returns both output streams' lines in the order they came, and the exit code; 128 when a signal ended the process. */
export async function runStepProcess({ main, cwd, env, timeoutSeconds, signalAfter }: StepProcess): Promise<{ readonly lines: string[]; readonly exitCode: number }> {
  const child = spawn(node, [main], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const timers = [setTimeout(() => { cancel(child, timers) }, timeoutSeconds * 1000)]
  if (typeof signalAfter === 'number') timers.push(setTimeout(() => { cancel(child, timers) }, signalAfter * 1000))
  const lines: string[] = []
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on('line', (line) => {
      lines.push(line)
      if (signalAfter instanceof RegExp && signalAfter.test(line)) cancel(child, timers)
    })
  }
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => { resolve(code ?? 128) })
  })
  for (const timer of timers) clearTimeout(timer)
  return { lines, exitCode }
}

function cancel(child: ChildProcess, timers: NodeJS.Timeout[]): void {
  child.kill('SIGINT')
  const { SIGINT, SIGTERM } = GRACE_MILLISECONDS
  timers.push(setTimeout(() => child.kill('SIGTERM'), SIGINT), setTimeout(() => child.kill('SIGKILL'), SIGINT + SIGTERM))
}
