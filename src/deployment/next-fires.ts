import type { JsonObject } from '../planned.ts'
import { parseCron } from './cron.ts'

const DAY = 86_400_000

/**
 * When a schedule starts runs next: of a cron or an interval schedule with an anchor; undefined for a recurrence rule,
 * and for an interval that gets its anchor only when it is written.
 */
export function nextFires(rule: JsonObject, from: Date, count: number): Date[] | undefined {
  const timezone = typeof rule.timezone === 'string' ? rule.timezone : 'UTC'
  if (typeof rule.cron === 'string') return parseCron(rule.cron, { timezone, dayOr: rule.day_or !== false })?.nextRuns(count, from)
  if (typeof rule.interval !== 'number' || typeof rule.anchor_date !== 'string') return undefined
  return nextOfInterval({ interval: rule.interval * 1000, anchor: Date.parse(rule.anchor_date), timezone }, from.getTime(), count)
}

type Interval = { readonly interval: number; readonly anchor: number; readonly timezone: string }

/** Whole days keep the hour of the clock over a change of summer time, shorter intervals do not (Prefect's IntervalSchedule). */
function nextOfInterval({ interval, anchor, timezone }: Interval, from: number, count: number): Date[] {
  const clock = interval >= DAY ? timezone : 'UTC'
  const shift = (instant: number) => instant + offsetAt(instant, clock)
  const first = Math.ceil((shift(from) - shift(anchor)) / interval)
  return Array.from({ length: count }, (_, index) => {
    const local = shift(anchor) + (first + index) * interval
    return new Date(local - offsetAt(local - offsetAt(local, clock), clock))
  })
}

/** Milliseconds by which the clock of a time zone is ahead of UTC. */
function offsetAt(instant: number, timeZone: string): number {
  const format = new Intl.DateTimeFormat('en', {
    timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric',
  })
  const parts = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]))
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(instant / 1000) * 1000
}
