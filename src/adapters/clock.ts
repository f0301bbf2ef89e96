import { setTimeout } from 'node:timers/promises'
import { DeployError } from '../errors.ts'
import type { Clock } from '../ports.ts'

/** The machine's clock; a cancelled run wakes its sleepers with an error. */
export function createClock(cancelled: AbortSignal): Clock {
  return {
    now: () => new Date(),
    sleep: async (milliseconds) => {
      try {
        cancelled.throwIfAborted()
        if (milliseconds > 0) await setTimeout(milliseconds, undefined, { signal: cancelled }) // none is a question, a timer costs a millisecond
      } catch (error) {
        throw new DeployError('cancelled', 'The run was cancelled', { cause: error })
      }
    },
  }
}
