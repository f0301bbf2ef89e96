import type { Clock } from '../src/ports.ts'

export type FakeClock = Clock & {
  /** All waits so far, in milliseconds. */
  readonly waits: readonly number[]
  /** Called after each wait, with the time it then is. */
  onTick: (now: Date) => void
}

/** A clock that goes on only when somebody sleeps, and at once. */
export function createFakeClock(start = new Date('2026-11-24T10:00:00Z')): FakeClock {
  const waits: number[] = []
  let now = start.getTime()
  const clock: FakeClock = {
    waits,
    onTick: () => undefined,
    now: () => new Date(now),
    sleep: (milliseconds: number) => {
      waits.push(milliseconds)
      now += milliseconds
      clock.onTick(new Date(now))
      return Promise.resolve()
    },
  }
  return clock
}
