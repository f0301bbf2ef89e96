const DAY_MS = 86_400_000

/** What the clocks of a time zone show, as the milliseconds at which those of UTC show it. */
export type WallTime = number

export function toWall(instant: number, timezone: string): WallTime {
  return instant + offsetAt(instant, timezone)
}

/**
 * When the clocks show it. For an hour that comes twice, fold 0 is the first one and 1 the second; one that is left out
 * is, as much as the clocks are put forward, earlier with 0 and later with 1 (Python's datetime, PEP 495).
 */
export function fromWall(wall: WallTime, timezone: string, fold: 0 | 1): number {
  const [before, after] = [wall - offsetAt(wall - DAY_MS, timezone), wall - offsetAt(wall + DAY_MS, timezone)]
  if (before === after) return before
  const [isBefore, isAfter] = [toWall(before, timezone) === wall, toWall(after, timezone) === wall]
  if (isBefore !== isAfter) return isBefore ? before : after
  return fold === 0 ? Math.min(before, after) : Math.max(before, after)
}

/** Several wall times of an hour that is left out can be the same instant as those before it; none comes every second. */
const MOST_REPEATED = 60

/**
 * The first `count` instants that differ.
 * @param walls gives the first so many wall times, as dates whose UTC reading they are.
 */
export function firstInstants(count: number, timezone: string, walls: (count: number) => readonly Date[]): Date[] {
  const distinct = (dates: readonly Date[]) => [...new Set(dates.map((wall) => fromWall(wall.getTime(), timezone, 0)))]
  const first = walls(count)
  const instants = distinct(first)
  const isEnough = instants.length === count || first.length < count // without more of them, none is to come
  const enough = isEnough ? instants : distinct(walls(count + MOST_REPEATED)).slice(0, count)
  return enough.map((instant) => new Date(instant))
}

const formats = new Map<string, Intl.DateTimeFormat>()

/** Milliseconds by which the clock of a time zone is ahead of UTC. */
function offsetAt(instant: number, timezone: string): number {
  if (timezone === 'UTC') return 0
  const parts = Object.fromEntries(formatOf(timezone).formatToParts(instant).map(({ type, value }) => [type, Number(value)]))
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(instant / 1000) * 1000
}

/** Making one takes longer than all that is asked of it. */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  const format = formats.get(timeZone) ?? new Intl.DateTimeFormat('en', {
    timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric',
  })
  formats.set(timeZone, format)
  return format
}
