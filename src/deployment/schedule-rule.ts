import type { Json, JsonObject } from '../planned.ts'

/** When runs start, in the API's form; of what the file leaves out, anchors are absent and the rest has Prefect's default. */
export type ScheduleRule =
  | { readonly cron: string; readonly timezone: string | null; readonly day_or: boolean }
  /** In seconds. */
  | { readonly interval: number; readonly anchor_date?: string; readonly timezone: string | null }
  | { readonly rrule: string; readonly timezone: string }

/** For people: `0 9 * * *`, `every 600 s`, `FREQ=DAILY`. */
export function describeRule({ cron, interval, rrule }: JsonObject): string {
  if (typeof cron === 'string') return cron
  return typeof interval === 'number' ? `every ${interval} s` : typeof rrule === 'string' ? rrule.replace(DEFAULT_START, '') : 'schedule'
}

/** The rule as it is written: what the file leaves out stays as it is live. A new anchor would move all runs. */
export function ruleToWrite(rule: ScheduleRule, live: JsonObject | undefined): JsonObject {
  const timezone = rule.timezone ?? (live?.timezone === 'UTC' ? 'UTC' : null)
  if ('rrule' in rule) {
    const start = hasStart(rule.rrule) ? '' : (startOf(live?.rrule) ?? defaultStart(rule.rrule))
    return { ...rule, rrule: `${start}${rule.rrule}` }
  }
  const anchor = 'interval' in rule && rule.anchor_date === undefined ? live?.anchor_date : undefined
  return { ...rule, timezone, ...(anchor !== undefined && { anchor_date: anchor }) }
}

/** Whether two rules mean the same: no timezone is UTC, anchors are instants, the implicit start of a recurrence rule is 2020. */
export function isSameRule(one: JsonObject, other: JsonObject): boolean {
  return JSON.stringify(canonical(one)) === JSON.stringify(canonical(other))
}

function canonical({ cron, day_or: dayOr, interval, anchor_date: anchor, rrule, timezone }: JsonObject): Json {
  return [
    typeof cron === 'string' ? [cron.trim().split(/\s+/).join(' '), dayOr ?? true] : null,
    interval === undefined ? null : [Number(interval), typeof anchor === 'string' ? Date.parse(anchor) : null],
    typeof rrule === 'string' ? rrule.trim().replace(DEFAULT_START, '') : null,
    timezone ?? 'UTC',
  ]
}

/** What Prefect's server puts before a rule without start; for rules by the minute it chooses a recent one itself. */
const DEFAULT_START = 'DTSTART:20200101T000000\n'

function defaultStart(rrule: string): string {
  return /FREQ=(SECONDLY|MINUTELY)/i.test(rrule) && !/COUNT=/i.test(rrule) ? '' : DEFAULT_START
}

function hasStart(rrule: string): boolean {
  return /DTSTART/i.test(rrule)
}

function startOf(rrule: Json | undefined): string | undefined {
  return typeof rrule === 'string' ? /^DTSTART[^\n]*\n/i.exec(rrule)?.[0] : undefined
}
