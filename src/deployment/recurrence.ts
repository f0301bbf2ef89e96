import rrule from 'rrule'
import type { RRule } from 'rrule'
import { recurrenceProblem } from './recurrence-problem.ts'
import { firstInstants, toWall } from './wall-clock.ts'

export type Recurrence = { readonly rule: string; readonly timezone: string }

/** What Prefect counts from when a rule has no start. */
const DEFAULT_START = 'DTSTART:20200101T000000\n'

/**
 * Next dates of a recurrence rule, by a port of the library that Prefect uses (dateutil): on the clock of the schedule's
 * time zone, whatever zones the rule itself names. Undefined for a rule that is none, that gets its start only when it
 * is written, that never comes to a date (it would be looked for to the year 9999), or whose reckoning might take too long.
 */
export function nextOfRecurrence({ rule, timezone }: Recurrence, from: Date, count: number): Date[] | undefined {
  const wall = toWall(from.getTime(), timezone)
  const parsed = isStartOpen(rule) || mayTakeLong(rule) || recurrenceProblem(rule) !== undefined ? undefined : parse(rule)
  if (parsed === undefined) return undefined
  const dates = startingLate(parsed, wall)
  return firstInstants(count, timezone, (wanted) => nextOf(dates, wall, wanted))
}

/** A set goes through its rules one after the other, so it can only be asked for all dates of some time. */
const SET_WINDOW_MS = 2 * 366 * 86_400_000

function nextOf(dates: RRule, wall: number, count: number): Date[] {
  if (dates instanceof rrule.RRuleSet) return dates.between(new Date(wall), new Date(wall + SET_WINDOW_MS), true).slice(0, count)
  const found: Date[] = []
  for (let date = dates.after(new Date(wall), true); date !== null && found.length < count; date = dates.after(date)) found.push(date)
  return found
}

/** Prefect chooses a recent start for these itself, for they would be counted from 2020 each time. */
function isStartOpen(rule: string): boolean {
  return /FREQ=(SECONDLY|MINUTELY)/i.test(rule) && !/DTSTART|COUNT=/i.test(rule)
}

/**
 * The library goes step by step: for ever when the steps never meet the hour (dateutil refuses that), to the year 9999 when
 * no day is right, through all dates so far for each one of a set with exceptions by rule, through millions of minutes.
 */
function mayTakeLong(rule: string): boolean {
  const [frequency = '', ...more] = Array.from(rule.matchAll(/FREQ=(\w+)/gi), ([, word = '']) => word.toUpperCase())
  if (['YEARLY', 'MONTHLY'].includes(frequency) && more.length === 0) return false
  const has = (...parts: string[]) => parts.filter((part) => rule.toUpperCase().includes(part)).length
  const isFine = /FREQ=(SECONDLY|MINUTELY)/i.test(rule) && has('COUNT=', 'RDATE', 'EXDATE') + more.length > 0
  const isNeverMet = /FREQ=(SECONDLY|MINUTELY|HOURLY)/i.test(rule) && has('INTERVAL=') > 0 && has('BYHOUR=', 'BYMINUTE=', 'BYSECOND=') > 0
  return isFine || isNeverMet || has('EXRULE') > 0 || has('BYMONTH=', 'BYMONTHDAY=', 'BYYEARDAY=', 'BYWEEKNO=', 'BYEASTER=', 'BYSETPOS=') > 1
}

function parse(rule: string): RRule | undefined {
  const text = rule.trim().replace(/;TZID=[^:]+/gi, '').toUpperCase()
  try {
    return rrule.rrulestr(text.includes('DTSTART') ? text : `${DEFAULT_START}${text}`)
  } catch {
    return undefined
  }
}

/** Milliseconds of the steps that are always equally long. */
const STEP_MS = new Map([
  [rrule.Frequency.WEEKLY, 604_800_000], [rrule.Frequency.DAILY, 86_400_000], [rrule.Frequency.HOURLY, 3_600_000],
  [rrule.Frequency.MINUTELY, 60_000], [rrule.Frequency.SECONDLY, 1000],
])

/** The same rule from whole steps later, so that years of dates are not gone through one by one. */
function startingLate(dates: RRule, wall: number): RRule {
  const { freq, interval = 1, dtstart, count } = dates.origOptions
  const unit = freq === undefined ? undefined : STEP_MS.get(freq)
  if (dates instanceof rrule.RRuleSet || unit === undefined || interval < 1 || dtstart == null || count != null) return dates
  const step = unit * interval
  const steps = Math.floor((wall - dtstart.getTime()) / step) - 1
  return steps > 0 ? new rrule.RRule({ ...dates.origOptions, dtstart: new Date(dtstart.getTime() + steps * step) }) : dates
}
