import type { RecurrenceRule, RuleWeekday } from './recurrence-rule.ts'

/** A year as far as rules tell one from another: whether it has a 29 February, and the weekday of 1 January (Monday is 0). */
export type YearKind = { readonly isLeap: boolean; readonly firstDay: number }

type Day = {
  readonly month: number
  /** From 1. */
  readonly ofMonth: number
  readonly monthLength: number
  /** From 1. */
  readonly ofYear: number
  readonly yearLength: number
  /** Monday is 0. */
  readonly weekday: number
}

/** How many days of a month (from 1) a rule is about, however it counts its periods. */
export function countDays(rule: RecurrenceRule, year: YearKind, month: number): number {
  return daysOf(year, month).filter((day) => isMeant(rule, day, year)).length
}

/** There are only 168. */
const MONTHS = new Map<string, readonly Day[]>()

function daysOf(year: YearKind, month: number): readonly Day[] {
  const key = `${year.firstDay} ${month} ${String(year.isLeap)}`
  const days = MONTHS.get(key) ?? listDays(year, month)
  MONTHS.set(key, days)
  return days
}

function listDays({ isLeap, firstDay }: YearKind, month: number): Day[] {
  const lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
  const before = lengths.slice(0, month - 1).reduce((sum, length) => sum + length, 0)
  const monthLength = lengths[month - 1] ?? 0
  return Array.from({ length: monthLength }, (_, index) => ({
    month, monthLength, ofMonth: index + 1, ofYear: before + index + 1, yearLength: isLeap ? 366 : 365, weekday: (firstDay + before + index) % 7,
  }))
}

/** As dateutil does: a day of no number means no rule, weekdays with and without number must both be met. */
function isMeant(rule: RecurrenceRule, day: Day, year: YearKind): boolean {
  const isOneOf = (wanted: readonly number[] | undefined, one: number, other: number) => wanted === undefined || wanted.includes(one) || wanted.includes(other)
  const { BYMONTHDAY: monthDays } = rule
  return isOneOf(rule.BYMONTH, day.month, day.month)
    && (monthDays?.every((number) => number === 0) === true || isOneOf(monthDays, day.ofMonth, day.ofMonth - day.monthLength - 1))
    && isOneOf(rule.BYYEARDAY, day.ofYear, day.ofYear - day.yearLength - 1)
    && isWeekday(rule, day)
    && (rule.BYWEEKNO === undefined || isWeek(rule.BYWEEKNO, weekOf(day, year, rule.WKST ?? 0)))
}

function isWeekday(rule: RecurrenceRule, day: Day): boolean {
  if (rule.BYDAY === undefined) return true
  const counts = rule.FREQ === 'YEARLY' || rule.FREQ === 'MONTHLY'
  const numbered = rule.BYDAY.filter(({ nth }) => counts && nth !== undefined)
  const plain = rule.BYDAY.filter((each) => !numbered.includes(each))
  const inMonth = rule.FREQ === 'MONTHLY' || rule.BYMONTH !== undefined
  return (plain.length === 0 || plain.some((each) => each.day === day.weekday))
    && (numbered.length === 0 || numbered.some((each) => isNth(each, day, inMonth)))
}

function isNth({ day: weekday, nth }: RuleWeekday, day: Day, inMonth: boolean): boolean {
  const [position, length] = inMonth ? [day.ofMonth, day.monthLength] : [day.ofYear, day.yearLength]
  return weekday === day.weekday && (Math.ceil(position / 7) === nth || -Math.ceil((length - position + 1) / 7) === nth)
}

/** Number of the week and of weeks in its year; undefined for a day in a week of the year before or after. */
type Week = { readonly number: number; readonly count: number } | undefined

function isWeek(wanted: readonly number[], week: Week): boolean {
  if (week === undefined) return wanted.some((number) => [1, -1, 52, 53, -52, -53].includes(number))
  return wanted.includes(week.number) || wanted.includes(week.number - week.count - 1)
}

/** The first week of a year has at least four days in it (ISO 8601, with another first day of the week if the rule says so). */
function weekOf({ ofYear, yearLength }: Day, { firstDay }: YearKind, weekStart: number): Week {
  const untilWeekStart = (7 - firstDay + weekStart) % 7
  const first = untilWeekStart >= 4 ? untilWeekStart - 7 : untilWeekStart
  const rest = yearLength - first
  const count = Math.floor(rest / 7) + (rest % 7 >= 4 ? 1 : 0)
  const number = Math.floor((ofYear - 1 - first) / 7) + 1
  return number >= 1 && number <= count ? { number, count } : undefined
}
