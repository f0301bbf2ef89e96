import type { StoppedTask } from '../ecs-ports.ts'
import { causeOf } from './causes.ts'
import type { Cause } from './causes.ts'

/** What is known of a rollout that failed. */
export type Evidence = {
  /** Tasks of the new revision that stopped, newest first. */
  readonly tasks: readonly StoppedTask[]
  /** Last log lines of the newest task that failed. */
  readonly logTail: readonly string[]
  /** What ECS says otherwise: the deployment's reason, the service's events. */
  readonly messages: readonly string[]
}

export type Diagnosis = {
  /** The cause in one sentence, without a full stop. */
  readonly verdict: string
  /** What to do. */
  readonly hint: string
  /** Distinct reasons, the most frequent first. */
  readonly reasons: readonly { readonly text: string; readonly count: number }[]
}

const UNKNOWN: Pick<Cause, 'verdict' | 'hint'> = {
  verdict: 'the new tasks did not become steady',
  hint: 'The service\'s events and its stopped tasks, in the ECS console, say more.',
}

/** Says why a rollout failed: what ECS and the container said, the most frequent first, and what usually is behind that. */
export function diagnose({ tasks, logTail, messages }: Evidence): Diagnosis {
  const reasons = countReasons(tasks.filter(isFailure).map(describeTask))
  const texts = reasons.length > 0 ? [...logTail.filter(isAboutFormat), ...reasons.map(({ text }) => text)] : messages
  const [{ verdict, hint } = UNKNOWN] = texts.flatMap((text) => causeOf(text) ?? [])
  return { verdict, hint, reasons }
}

/** Why a rollout is worth no further attempt, in one sentence without a full stop; undefined while one is. */
export function hopelessFailure(tasks: readonly StoppedTask[]): string | undefined {
  for (const { text, count } of countReasons(tasks.filter(isFailure).map(describeTask))) {
    const { attempts = Infinity, verdict = '' } = causeOf(text) ?? {}
    if (count >= attempts) return `${count} tasks failed alike, ${verdict}`
  }
  return undefined
}

/** Whether a task stopped by itself; ECS stops tasks when it scales and when it puts a service back. */
export function isFailure({ stopCode, reason }: StoppedTask): boolean {
  return stopCode !== 'UserInitiated' && !(stopCode === 'ServiceSchedulerInitiated' && /scaling activity|deployment/i.test(reason))
}

/** What is worth telling of a stopped task, in one line. */
function describeTask({ stopCode, reason, containers }: StoppedTask): string {
  const failed = containers.filter(({ exitCode, reason: own }) => own !== '' || (exitCode !== undefined && exitCode !== 0))
  const parts = failed.map(({ name, exitCode, reason: own }) =>
    join([`container ${name}`, exitCode === undefined ? '' : `exit code ${exitCode}`, own === reason ? '' : own], ', '))
  return join([reason === '' ? stopCode : reason, ...parts], '; ')
}

function join(parts: readonly string[], separator: string): string {
  return parts.filter((part) => part !== '').join(separator)
}

/** Ids of tasks and requests make the same reason look different. */
function countReasons(texts: readonly string[]): Diagnosis['reasons'] {
  const counts = new Map<string, { text: string; count: number }>()
  for (const text of texts) {
    const key = text.replace(/\b[0-9a-f]{32}\b|\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '…')
    const seen = counts.get(key) ?? { text, count: 0 }
    counts.set(key, { ...seen, count: seen.count + 1 })
  }
  return [...counts.values()].sort((a, b) => b.count - a.count)
}

function isAboutFormat(line: string): boolean {
  return /exec format error/i.test(line)
}
