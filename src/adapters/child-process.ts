import { spawn } from 'node:child_process'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

export type ChildRequest = {
  readonly program: string
  readonly args: readonly string[]
  /** All that the child sees; nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>
  /** The runner's own by default. */
  readonly directory?: string
  readonly input?: string | NodeJS.ReadableStream
  /** Every line of both outputs, as it comes. */
  readonly onLine?: (line: string) => void
  /** Ends the child with SIGTERM. */
  readonly signal?: AbortSignal
  /** Gives the child a process group of its own, which the signal ends as a whole: what a script has started, too. */
  readonly isGroup?: boolean
  /** Every piece of an output as it is, where line ends count. */
  readonly onOutput?: (output: 'stdout' | 'stderr', piece: Buffer) => void
}

export type ChildResult = { readonly exitCode: number; readonly stdout: string; readonly stderr: string }

/** More of what goes wrong is never shown, and a build may say a lot. */
const STDERR_LINES = 2000
const BROKEN_PIPE = ['EPIPE', 'ECONNRESET', 'ENOTCONN', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED']

/**
 * Runs a program to its end, whatever its exit code. `@actions/exec` takes its input as one Buffer, and a build context
 * may be larger than the memory; it also repeats every command line in the log.
 * @throws the error of `input` when that stream fails, the system's own when the program cannot be started, and an
 * AbortError when the signal ends it.
 */
export async function runChild(request: ChildRequest): Promise<ChildResult> {
  const { program, args, environment, directory, input, onLine, signal, isGroup = false } = request
  const options = { env: environment, cwd: directory, stdio: 'pipe', detached: isGroup } as const
  const child = spawn(program, args, { ...options, ...(signal !== undefined && { signal }) })
  if (isGroup) signal?.addEventListener('abort', () => { endGroup(child) })
  for (const output of ['stdout', 'stderr'] as const) child[output].on('data', (piece: Buffer) => { request.onOutput?.(output, piece) })
  const [stdout, stderr, exitCode] = await Promise.all([
    readLines(child.stdout, { onLine, limit: Infinity }),
    readLines(child.stderr, { onLine, limit: STDERR_LINES }),
    exitOf(child),
    feed(child, input),
  ])
  return { exitCode, stdout: stdout.join('\n'), stderr: stderr.join('\n') }
}

/** The group may have ended by itself. */
function endGroup({ pid }: ChildProcessWithoutNullStreams): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGTERM')
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error
  }
}

/** Whether running a child failed because its signal said so. */
export function isAborted(error: unknown): boolean {
  return codeOf(error) === 'ABORT_ERR'
}

/** Whether there is no such program. */
export function isNotFound(error: unknown): boolean {
  return codeOf(error) === 'ENOENT'
}

async function readLines(stream: Readable, { onLine, limit }: { onLine: ChildRequest['onLine']; limit: number }): Promise<string[]> {
  const lines: string[] = []
  for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) {
    lines.push(line)
    if (lines.length > 2 * limit) lines.splice(0, limit)
    onLine?.(line)
  }
  return lines
}

async function exitOf(child: ChildProcessWithoutNullStreams): Promise<number> {
  const [code] = (await once(child, 'close')) as [number | null]
  return code ?? 1
}

/** A child that ends before it has read everything says why by its exit code; a broken pipe adds nothing. */
async function feed(child: ChildProcessWithoutNullStreams, input: ChildRequest['input']): Promise<void> {
  try {
    await pipeline(input === undefined || typeof input === 'string' ? [Buffer.from(input ?? '')] : input, child.stdin)
  } catch (error) {
    if (BROKEN_PIPE.includes(codeOf(error) ?? '')) return
    child.kill()
    throw error
  }
}

function codeOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : undefined
}
