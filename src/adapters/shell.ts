import { DeployError, messageOf } from '../errors.ts'
import type { Log, Shell } from '../ports.ts'
import { scriptEnvironment } from './child-environment.ts'
import { isNotFound, runChild } from './child-process.ts'

export type ShellOptions = {
  /** The job's variables; scripts see a few of them. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly log: Pick<Log, 'info'>
  /** Ends what is under way, with all that it has started. */
  readonly signal: AbortSignal
}

/** Programs of the runner, without a shell of their own. */
export function createShell({ environment: job, log, signal }: ShellOptions): Shell {
  return {
    run: async ({ command: [program = '', ...args], directory, environment, isStreamed }) => {
      const pieces: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] }
      try {
        const { exitCode } = await runChild({
          program, args, directory, signal, isGroup: true,
          environment: { ...scriptEnvironment(job), ...environment },
          onOutput: (output, piece) => { pieces[output].push(piece) },
          ...(isStreamed && { onLine: (line) => { log.info(line) } }),
        })
        return { exitCode, stdout: Buffer.concat(pieces.stdout).toString(), stderr: Buffer.concat(pieces.stderr).toString() }
      } catch (error) {
        if (signal.aborted) throw new DeployError('cancelled', 'The run was cancelled', { cause: error })
        const reason = isNotFound(error) ? 'there is no such program on this runner, or no such directory' : messageOf(error)
        throw new DeployError('step-failed', `${program} could not be started: ${reason}`, { cause: error })
      }
    },
  }
}
