import type { Clock, Log } from './ports.ts'
import type { Phase } from './inputs/run-context.ts'

export type Timeline = { readonly log: Log; readonly phases: readonly Phase[] }

/** A log whose groups are the phases of the run, each with how long it took; one within another is part of that one. */
export function timing(log: Log, clock: Clock): Timeline {
  const phases: Phase[] = []
  let isWithin = false
  const group = async <T>(title: string, work: () => Promise<T>): Promise<T> => {
    if (isWithin) return log.group(title, work)
    isWithin = true
    const start = clock.now().getTime()
    try {
      return await log.group(title, work)
    } finally {
      isWithin = false
      phases.push({ title, milliseconds: clock.now().getTime() - start })
    }
  }
  return { log: { ...log, group }, phases }
}
