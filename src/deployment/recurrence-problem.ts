import { countDays } from './recurrence-days.ts'
import type { YearKind } from './recurrence-days.ts'
import { FREQUENCIES, parseRecurrence } from './recurrence-rule.ts'
import type { RecurrenceRule, RuleDate } from './recurrence-rule.ts'

/** Prefect's own limit (prefect/_internal/schemas/validators.py). */
const MAX_LENGTH = 6500

/** What Prefect counts from when a rule has no start. */
const DEFAULT_START: RuleDate = { wall: new Date(Date.UTC(2020, 0, 1)), hasZone: false }

/**
 * Why Prefect would refuse a recurrence rule, or why it would never start a run, which Prefect does not say; as the rest of
 * a sentence about the rule. Undefined when it is right. The years are not gone through: there are only fourteen kinds.
 */
export function recurrenceProblem(text: string): string | undefined {
  if (text.length > MAX_LENGTH) return `is longer than ${MAX_LENGTH} characters`
  try {
    const { rules, start, hasDates } = parseRecurrence(text)
    const problems = rules.map((rule) => problemOf(rule, start))
    const refused = problems.find((problem) => problem !== undefined && !problem.isOnlyIdle)
    const isIdle = !hasDates && problems.every((problem) => problem !== undefined)
    return (refused ?? (isIdle ? problems[0] : undefined))?.message
  } catch (error) {
    if (error instanceof SyntaxError) return `is not a recurrence rule: it ${error.message}`
    throw error
  }
}

/** Of several rules one may be idle. */
type RuleProblem = { readonly message: string; readonly isOnlyIdle: boolean }

function problemOf(rule: RecurrenceRule, given: RuleDate | undefined): RuleProblem | undefined {
  const start = given ?? DEFAULT_START
  const message = refusalOf(rule, start)
  if (message !== undefined) return { message, isOnlyIdle: false }
  const { UNTIL: until, COUNT: count } = rule
  const isOver = (count !== undefined && count < 1) || (until !== undefined && until.wall < start.wall)
  const isIdle = isOver || !hasDates(rule, start.wall) || !hasTimes(rule, start.wall)
  if (isIdle) return { message: 'never comes to a date', isOnlyIdle: true }
  return isRefusedAtTimes(rule, given) ? { message: 'needs a DTSTART: what it comes to depends on when it starts', isOnlyIdle: false } : undefined
}

/** Prefect's model counts these from the moment it is asked, so that it refuses a rule at one time and takes it at another. */
function isRefusedAtTimes(rule: RecurrenceRule, start: RuleDate | undefined): boolean {
  const [part, size] = rule.FREQ === 'MINUTELY' ? CLOCK[1] : CLOCK[2]
  const values = rule[part]
  if (start !== undefined || rule.COUNT !== undefined || values === undefined || (rule.FREQ !== 'MINUTELY' && rule.FREQ !== 'SECONDLY')) return false
  const distance = gcd(rule.INTERVAL ?? 1, size)
  return new Set(values.map((value) => value % distance)).size < distance
}

const CLOCK = [['BYHOUR', 24], ['BYMINUTE', 60], ['BYSECOND', 60]] as const

function refusalOf(rule: RecurrenceRule, start: RuleDate): string | undefined {
  if ((rule.INTERVAL ?? 1) < 1) return 'has an INTERVAL below 1'
  if (rule.UNTIL !== undefined && rule.UNTIL.hasZone !== start.hasZone) return 'has UNTIL in UTC and DTSTART without time zone, or the other way'
  if (rule.BYSETPOS?.some((position) => position === 0 || Math.abs(position) > 366)) return 'has a BYSETPOS that is not 1 to 366 or -366 to -1'
  const wrong = CLOCK.find(([part, size], index) => isFinerThan(rule, index) && rule[part]?.some((number) => number < 0 || number >= size))
  return wrong === undefined ? undefined : `has a ${wrong[0]} that is not 0 to ${wrong[1] - 1}`
}

/** Parts of the time that are finer than the frequency are the times of each period; others only choose among periods. */
function isFinerThan({ FREQ }: RecurrenceRule, clockIndex: number): boolean {
  return FREQUENCIES.indexOf(FREQ) < FREQUENCIES.indexOf('HOURLY') + clockIndex
}

function hasDates(given: RecurrenceRule, start: Date): boolean {
  const rule = withDefaults(given, start)
  const wanted = Math.min(...(rule.BYSETPOS ?? [1]).map(Math.abs))
  const times = CLOCK.reduce((product, [part], index) => product * (isFinerThan(rule, index) ? new Set(rule[part] ?? [0]).size : 1), 1)
  return largestPeriod(rule, start, Math.ceil(wanted / times)) * times >= wanted
}

/** Without a day of its own a rule takes that of its start. */
function withDefaults(rule: RecurrenceRule, start: Date): RecurrenceRule {
  const hasDay = [rule.BYWEEKNO, rule.BYYEARDAY, rule.BYMONTHDAY, rule.BYDAY, rule.BYEASTER].some((part) => part !== undefined)
  if (rule.FREQ === 'DAILY' && (rule.INTERVAL ?? 1) % 7 === 0) return onlyOn(rule, weekdayOf(start))
  if (hasDay) return rule
  if (rule.FREQ === 'WEEKLY') return { ...rule, BYDAY: [{ day: weekdayOf(start), nth: undefined }] }
  const isYearly = rule.FREQ === 'YEARLY'
  if (!isYearly && rule.FREQ !== 'MONTHLY') return rule
  return { ...rule, BYMONTHDAY: [start.getUTCDate()], ...(isYearly && { BYMONTH: rule.BYMONTH ?? [start.getUTCMonth() + 1] }) }
}

/** Whole weeks of days stay on one weekday. */
function onlyOn(rule: RecurrenceRule, day: number): RecurrenceRule {
  const isMeant = rule.BYDAY === undefined || rule.BYDAY.some((each) => each.day === day)
  return { ...rule, BYDAY: isMeant ? [{ day, nth: undefined }] : [{ day: -1, nth: undefined }] }
}

/** The most days that one period has; no more are counted than are wanted. */
function largestPeriod(rule: RecurrenceRule, start: Date, wanted: number): number {
  let largest = 0
  const seen = new Set<number>()
  const kinds = YEAR_KINDS * (rule.FREQ === 'MONTHLY' ? MONTHS.length : 1)
  for (const { year, months } of periodsOf(rule, start)) {
    const kind = kindOf(year)
    const key = ((months[0] ?? 0) * 7 + kind.firstDay) * 2 + Number(kind.isLeap)
    if (seen.has(key)) continue
    seen.add(key)
    const days = rule.BYEASTER !== undefined ? 1 : months.reduce((sum, month) => sum + countDays(rule, kind, month), 0)
    largest = Math.max(largest, rule.FREQ === 'WEEKLY' ? Math.min(days, new Set(rule.BYDAY?.map(({ day }) => day) ?? MONTHS.slice(0, 7)).size) : isDailyOrFiner(rule) ? Math.min(days, 1) : days)
    if (largest >= wanted || seen.size === kinds) break
  }
  return largest
}

const MONTHS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
const LAST_YEAR = 9999
/** Leap years or not, by the weekday of their first day. */
const YEAR_KINDS = 14

/** Years, or months of years, that a rule comes to; the calendar repeats itself after 400 years. */
function* periodsOf({ FREQ, INTERVAL = 1 }: RecurrenceRule, start: Date): Generator<{ year: number; months: readonly number[] }> {
  const first = start.getUTCFullYear()
  if (FREQ !== 'MONTHLY') {
    const step = FREQ === 'YEARLY' ? INTERVAL : 1
    for (let index = 0, year = first; index < 400 && year <= LAST_YEAR; index += 1, year += step) yield { year, months: MONTHS }
    return
  }
  for (let index = 0, month = start.getUTCMonth(); index < 4800; index += 1, month += INTERVAL) {
    const year = first + Math.floor(month / 12)
    if (year > LAST_YEAR) return
    yield { year, months: [(month % 12) + 1] }
  }
}

function kindOf(year: number): YearKind {
  return { isLeap: year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0), firstDay: weekdayOf(new Date(Date.UTC(year, 0, 1))) }
}

function isDailyOrFiner({ FREQ }: RecurrenceRule): boolean {
  return FREQUENCIES.indexOf(FREQ) >= FREQUENCIES.indexOf('DAILY')
}

const UNIT_SECONDS = { HOURLY: 3600, MINUTELY: 60, SECONDLY: 1 }
const DAY_SECONDS = 86_400

/** Whether steps by the hour, minute or second ever come to a time of the day that is meant: all at equal distances are reached in the end. */
function hasTimes(rule: RecurrenceRule, start: Date): boolean {
  const { FREQ, INTERVAL = 1 } = rule
  if (FREQ !== 'HOURLY' && FREQ !== 'MINUTELY' && FREQ !== 'SECONDLY') return true
  const distance = gcd(INTERVAL * UNIT_SECONDS[FREQ], DAY_SECONDS)
  const first = [start.getUTCHours(), start.getUTCMinutes(), start.getUTCSeconds()]
  const [hours = [], minutes = [], seconds = []] = CLOCK.map(([part, size], index) => {
    if (isFinerThan(rule, index)) return [first[index] ?? 0]
    return rule[part]?.filter((number) => number >= 0 && number < size) ?? Array.from({ length: size }, (_, number) => number)
  })
  const reached = new Set(seconds.map((second) => second % distance))
  const offset = first.reduce((sum, number) => sum * 60 + number, 0)
  const isReached = (time: number) => reached.has((((offset - time) % distance) + distance) % distance)
  return hours.some((hour) => minutes.some((minute) => isReached(hour * 3600 + minute * 60)))
}

function gcd(one: number, other: number): number {
  return other === 0 ? one : gcd(other, one % other)
}

function weekdayOf(date: Date): number {
  return (date.getUTCDay() + 6) % 7
}
