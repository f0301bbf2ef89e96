export const FREQUENCIES = ['YEARLY', 'MONTHLY', 'WEEKLY', 'DAILY', 'HOURLY', 'MINUTELY', 'SECONDLY'] as const
export type Frequency = (typeof FREQUENCIES)[number]

/** A date of a rule, on the clock that it is written for. */
export type RuleDate = { readonly wall: Date; readonly hasZone: boolean }

/** The nth such day of its month or year, from the end when negative; any such day without n. Monday is 0. */
export type RuleWeekday = { readonly day: number; readonly nth: number | undefined }

const NUMBER_LISTS = ['BYSETPOS', 'BYMONTH', 'BYMONTHDAY', 'BYYEARDAY', 'BYEASTER', 'BYWEEKNO', 'BYHOUR', 'BYMINUTE', 'BYSECOND'] as const

/** One RRULE, its parts by their names in RFC 5545; a part that is not there is undefined. */
export type RecurrenceRule = Readonly<Partial<Record<(typeof NUMBER_LISTS)[number], readonly number[]>>> & {
  readonly FREQ: Frequency
  readonly INTERVAL?: number
  readonly COUNT?: number
  readonly UNTIL?: RuleDate
  readonly WKST?: number
  readonly BYDAY?: readonly RuleWeekday[]
}

export type RecurrenceSet = {
  readonly rules: readonly RecurrenceRule[]
  readonly start: RuleDate | undefined
  /** Whether it has dates of its own besides. */
  readonly hasDates: boolean
}

const WEEKDAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU']

/**
 * Reads the text of a recurrence rule as dateutil's `rrulestr` does, which is stricter than the port of it that reckons dates.
 * @throws SyntaxError whose message continues a sentence about the rule.
 */
export function parseRecurrence(text: string): RecurrenceSet {
  const rules: RecurrenceRule[] = []
  let start: RuleDate | undefined
  let hasDates = false
  for (const line of text.toUpperCase().split(/\s+/).filter((part) => part !== '')) {
    const { name, parameters, value } = propertyOf(line)
    const allowed = { RRULE: /^$/, EXRULE: /^$/, RDATE: /^(VALUE=DATE-TIME)?$/, EXDATE: DATE_PARAMETERS, DTSTART: DATE_PARAMETERS }[name]
    if (allowed === undefined) refuse(`has an unknown property ${name}`)
    if (!allowed.test(parameters)) refuse(`has a parameter of ${name} that is not supported: ${parameters}`)
    if (name === 'RRULE') rules.push(parseRule(value))
    else if (name === 'EXRULE') parseRule(value)
    else {
      const dates = value.split(',').map(parseDate)
      if (name === 'DTSTART') start = dates.length === 1 && dates[0] ? withZone(dates[0], parameters) : refuse('has several dates in DTSTART')
      hasDates ||= name === 'RDATE'
    }
  }
  if (rules.length === 0 && !hasDates) refuse('has no rule')
  return { rules, start, hasDates }
}

const DATE_PARAMETERS = /^(?:(?:^|;)(?:TZID=[^;]+|VALUE=DATE(?:-TIME)?))*$/

/** A line without a name is a rule. */
function propertyOf(line: string): { name: string; parameters: string; value: string } {
  const [, name = 'RRULE', parameters = '', value = ''] = /^(?:([^:;=]*)(?:;([^:]*))?:)?(.*)$/.exec(line) ?? []
  return { name, parameters, value }
}

function withZone({ wall, hasZone }: RuleDate, parameters: string): RuleDate {
  return { wall, hasZone: hasZone || parameters.includes('TZID=') }
}

function parseRule(value: string): RecurrenceRule {
  const parts = value.split(';').map((pair): [string, unknown] => {
    const [name = '', text, ...more] = pair.split('=')
    if (text === undefined || more.length > 0) refuse(`has a part that is not NAME=value: "${pair}"`)
    return [name === 'BYWEEKDAY' ? 'BYDAY' : name, parsePart(name, text)]
  })
  const rule = Object.fromEntries(parts) as Partial<RecurrenceRule> // each part is of its type: parsePart
  return rule.FREQ === undefined ? refuse('has no FREQ') : { ...rule, FREQ: rule.FREQ }
}

function parsePart(name: string, text: string): unknown {
  if (name === 'FREQ') return FREQUENCIES.find((each) => each === text) ?? refuse(`has an unknown frequency ${text}`)
  if (name === 'INTERVAL' || name === 'COUNT') return numberOf(name, text)
  if (name === 'UNTIL') return parseDate(text)
  if (name === 'WKST') return weekdayOf(name, text)
  if (name === 'BYDAY' || name === 'BYWEEKDAY') return text.split(',').map((day) => nthWeekday(name, day))
  if (NUMBER_LISTS.some((each) => each === name)) return text.split(',').map((number) => numberOf(name, number))
  return refuse(`has an unknown part ${name}`)
}

function numberOf(name: string, text: string): number {
  return /^[-+]?\d+(?:_\d+)*$/.test(text) ? Number(text.replaceAll('_', '')) : refuse(`has a ${name} that is no whole number: "${text}"`)
}

/** `2MO`, `-1FR` and `MO(+2)`. */
function nthWeekday(name: string, text: string): RuleWeekday {
  const [, before, day = '', after] = /^([-+]?\d+)?([A-Z]+)(?:\(([-+]?\d+)\))?$/.exec(text) ?? []
  const nth = before ?? after
  if (nth !== undefined && Number(nth) === 0) refuse(`has a ${name} that is the 0th: "${text}"`)
  return { day: weekdayOf(name, day), nth: nth === undefined ? undefined : Number(nth) }
}

function weekdayOf(name: string, text: string): number {
  const day = WEEKDAYS.indexOf(text)
  return day === -1 ? refuse(`has a ${name} that is no weekday: "${text}"`) : day
}

/** `20260131T080000Z` and its like. */
function parseDate(text: string): RuleDate {
  const parts = /^(\d{4})-?(\d\d)-?(\d\d)(?:T(\d\d)(?::?(\d\d)(?::?(\d\d))?)?)?(Z|[-+]\d\d:?\d\d)?$/.exec(text)
  if (parts === null) return refuse(`has a date that is none: "${text}"`)
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = [1, 2, 3, 4, 5, 6].map((index) => Number(parts[index] ?? 0))
  const wall = new Date(Date.UTC(year, month - 1, day, hour, minute, second))
  const isDate = wall.getUTCMonth() === month - 1 && wall.getUTCDate() === day && hour < 24 && minute < 60 && second < 60
  return isDate ? { wall, hasZone: parts[7] !== undefined } : refuse(`has a date that is none: "${text}"`)
}

function refuse(message: string): never {
  throw new SyntaxError(message)
}
