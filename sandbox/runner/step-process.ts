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
  /** Cancels once a line matches, or once what is waited for has come. */
  readonly signalAfter: RegExp | (() => Promise<unknown>) | undefined
  /** Kills the process, as a machine that is lost does, once what is waited for has come. */
  readonly killAfter: (() => Promise<unknown>) | undefined
}

export type StepProcessResult = {
  /** Both output streams' lines in the order they came. */
  readonly lines: string[]
  /** 128 when a signal ended the process. */
  readonly exitCode: number
  /** From the cancellation to the end; undefined when nothing cancelled it. */
  readonly secondsAfterSignal: number | undefined
}

/** How long the runner waits after SIGINT, and then after SIGTERM, before it kills. */
const GRACE_MILLISECONDS = { SIGINT: 7500, SIGTERM: 2500 }

export async function runStepProcess({ main, cwd, env, timeoutSeconds, signalAfter, killAfter }: StepProcess): Promise<StepProcessResult> {
  const child = spawn(node, [main], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let signalled: number | undefined
  const cancelOnce = () => {
    if (signalled !== undefined) return
    signalled = performance.now()
    cancel(child, timers)
  }
  const timers = [setTimeout(cancelOnce, timeoutSeconds * 1000)]
  const lines: string[] = []
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on('line', (line) => {
      lines.push(line)
      if (signalAfter instanceof RegExp && signalAfter.test(line)) cancelOnce()
    })
  }
  const exited = new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => { resolve(code ?? 128) })
  })
  void killAfter?.().then(() => child.kill('SIGKILL'))
  const [exitCode] = await Promise.all([exited, typeof signalAfter === 'function' && signalAfter().finally(cancelOnce)])
  for (const timer of timers) clearTimeout(timer)
  return { lines, exitCode, secondsAfterSignal: signalled === undefined ? undefined : (performance.now() - signalled) / 1000 }
}

function cancel(child: ChildProcess, timers: NodeJS.Timeout[]): void {
  child.kill('SIGINT')
  const { SIGINT, SIGTERM } = GRACE_MILLISECONDS
  timers.push(setTimeout(() => child.kill('SIGTERM'), SIGINT), setTimeout(() => child.kill('SIGKILL'), SIGINT + SIGTERM))
}
