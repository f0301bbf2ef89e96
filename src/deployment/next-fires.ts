import type { JsonObject } from '../planned.ts'
import { parseCron } from './cron.ts'
import { nextOfRecurrence } from './recurrence.ts'
import { firstInstants, fromWall, toWall } from './wall-clock.ts'

const DAY = 86_400_000

/**
 * When a schedule starts runs next, as Prefect's server reckons it (`prefect/server/schemas/schedules.py`, `get_dates`).
 * Undefined for an interval or a recurrence rule that gets its start only when it is written, and for a rule that is none.
 */
export function nextFires(rule: JsonObject, from: Date, count: number): Date[] | undefined {
  const timezone = typeof rule.timezone === 'string' ? rule.timezone : 'UTC'
  if (typeof rule.cron === 'string') return nextOfCron({ cron: rule.cron, dayOr: rule.day_or !== false, timezone }, from, count)
  if (typeof rule.rrule === 'string') return nextOfRecurrence({ rule: rule.rrule, timezone }, from, count)
  if (typeof rule.interval !== 'number' || typeof rule.anchor_date !== 'string') return undefined
  const anchor = Date.parse(rule.anchor_date)
  const isRule = rule.interval > 0 && !Number.isNaN(anchor)
  return isRule ? nextOfInterval({ interval: rule.interval * 1000, anchor, timezone }, from.getTime(), count) : undefined
}

type CronRule = { readonly cron: string; readonly dayOr: boolean; readonly timezone: string }

/** By the clock on the wall: an hour that comes twice starts one run, one that is left out none of its own. */
function nextOfCron({ cron, dayOr, timezone }: CronRule, from: Date, count: number): Date[] | undefined {
  const justBefore = new Date(toWall(from.getTime(), timezone) - 1)
  const expression = parseCron(cron, { dayOr })
  return expression === undefined ? undefined : firstInstants(count, timezone, (wanted) => expression.nextRuns(wanted, justBefore))
}

type Interval = { readonly interval: number; readonly anchor: number; readonly timezone: string }

/**
 * From the anchor in equal steps of time to the last one before `from`, then on by the clock when the interval is a day or
 * more. So the hour of the clock is another after a change of summer time, once the server asks again.
 */
function nextOfInterval({ interval, anchor, timezone }: Interval, from: number, count: number): Date[] {
  const next = (instant: number) =>
    (interval < DAY ? instant + interval : fromWall(toWall(instant, timezone) + interval, timezone, 1))
  let instant = anchor + Math.trunc((from - anchor) / interval) * interval
  while (instant < from) instant = next(instant)
  return Array.from({ length: count }, () => {
    const date = new Date(instant)
    instant = next(instant)
    return date
  })
}
