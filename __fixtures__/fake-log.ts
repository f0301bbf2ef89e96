import type { DeployError, Location } from '../src/errors.ts'
import type { Log } from '../src/ports.ts'

export type FakeLog = Log & {
  /** Everything printed, one `level: message` each. */
  readonly lines: readonly string[]
  readonly masked: readonly string[]
  readonly outputs: Readonly<Record<string, string>>
  readonly summaries: readonly string[]
  readonly failures: readonly (DeployError | Error)[]
}

/** A log that remembers what it was told. */
export function createFakeLog(): FakeLog {
  const lines: string[] = []
  const masked: string[] = []
  const outputs: Record<string, string> = {}
  const summaries: string[] = []
  const failures: (DeployError | Error)[] = []
  const say = (level: string) => (message: string, location?: Location) => {
    lines.push(`${level}: ${message}${location === undefined ? '' : ` (${location.file}:${location.line ?? '?'})`}`)
  }
  return {
    lines, masked, outputs, summaries, failures,
    debug: say('debug'),
    info: say('info'),
    notice: say('notice'),
    warning: say('warning'),
    group: (title, work) => {
      say('group')(title)
      return work()
    },
    mask: (secret) => { masked.push(secret) },
    output: (name, value) => { outputs[name] = value },
    summary: (markdown) => {
      summaries.push(markdown)
      return Promise.resolve()
    },
    fail: (error) => { failures.push(error) },
  } satisfies FakeLog
}
