import type { Location, Problem } from '../errors.ts'
import { isFields } from '../planned.ts'
import type { Planned, PlannedObject } from '../planned.ts'
import { parseCron } from './cron.ts'
import { parseDuration } from './duration.ts'
import { describeRule } from './schedule-rule.ts'
import type { ScheduleRule } from './schedule-rule.ts'

export type DesiredSchedule = {
  /** For people: the slug or, without, what it says. */
  readonly label: string
  readonly slug: string | undefined
  /** The slug it had before it was renamed. */
  readonly replaces: string | undefined
  /** Undefined keeps what is set on the server. */
  readonly active: boolean | undefined
  readonly rule: ScheduleRule
  readonly parameters: PlannedObject
  readonly location: Location
}

type Report = (message: string, hint: string) => void

/** As far as dateutil would get: a rule has a frequency or dates, and Prefect's maximum length. */
const RRULE = /(^|[:;\n])(FREQ=(YEARLY|MONTHLY|WEEKLY|DAILY|HOURLY|MINUTELY|SECONDLY)|RDATE[:;])/i
const MAX_RRULE_LENGTH = 6500

/**
 * A schedule of the file, its placeholders resolved, in normal form.
 * @param problems gets what is wrong with it; the schedule is then undefined.
 */
export function readSchedule(schedule: PlannedObject, location: Location, problems: Problem[]): DesiredSchedule | undefined {
  const before = problems.length
  const report: Report = (message, hint) => problems.push({ code: 'prefect-file-invalid', message, hint, location })
  const text = (key: string) => textOf(schedule[key], key, report)
  const active = flagOf(schedule.active, 'active', report)
  const rule = readRule(schedule, text, report)
  const slug = text('slug')
  const replaces = text('replaces')
  if (rule === undefined || problems.length > before) return undefined
  const parameters = schedule.parameters
  return {
    label: slug ?? describeRule(rule),
    slug, replaces, active, rule,
    parameters: isFields(parameters) ? parameters : {},
    location,
  }
}

function readRule(schedule: PlannedObject, text: (key: string) => string | undefined, report: Report): ScheduleRule | undefined {
  const timezone = readTimezone(text('timezone'), report)
  const cron = text('cron')
  if (cron !== undefined && cron !== '') {
    const hint = 'It has five fields: minute, hour, day, month, weekday.'
    if (parseCron(cron) === undefined) report(`"${cron}" is not a cron expression`, hint)
    return { cron, timezone, day_or: flagOf(schedule.day_or, 'day_or', report) ?? true }
  }
  const { interval = null } = schedule
  if (interval !== null) return readInterval(interval, text('anchor_date'), { timezone, report })
  const rrule = text('rrule')
  if (rrule !== undefined && rrule !== '') return readRrule(rrule, timezone, report)
  const isEmpty = (key: string) => schedule[key] === undefined || schedule[key] === null || schedule[key] === ''
  const hint = 'Its placeholder has no value; a schedule has one of cron, interval and rrule.'
  if (isEmpty('cron') && isEmpty('rrule')) report('the schedule is empty', hint)
  return undefined
}

function readInterval(
  given: Planned, anchor: string | undefined, { timezone, report }: { readonly timezone: string | null; readonly report: Report },
): ScheduleRule {
  const interval = typeof given === 'number' ? given : parseDuration(given)
  const hint = 'Give seconds, an ISO 8601 duration (PT10M) or H:MM:SS.'
  if (interval === undefined || interval <= 0) report('the interval is not a duration', hint)
  return { interval: interval ?? 0, ...(anchor !== undefined && { anchor_date: readAnchor(anchor, report) }), timezone }
}

/** Prefect takes a date without offset as UTC. */
function readAnchor(text: string, report: Report): string {
  const iso = text.trim().replace(/^(\d{4}-\d\d-\d\d)$/, '$1T00:00:00').replace(/^(\S+) (?=\d)/, '$1T')
  const anchor = /(Z|[-+]\d\d:?\d\d)$/i.test(iso) ? iso : `${iso}Z`
  if (!/^\d{4}-/.test(iso) || Number.isNaN(Date.parse(anchor))) report(`"${text}" is not a date`, 'Write it as 2026-01-31T08:00:00Z.')
  return anchor
}

/** Prefect also takes a rule with its timezone as JSON. */
function readRrule(text: string, timezone: string | null, report: Report): ScheduleRule {
  const { rrule, zone } = text.trim().startsWith('{') ? fromJson(text) : { rrule: text, zone: undefined }
  const isRule = rrule.length <= MAX_RRULE_LENGTH && RRULE.test(rrule)
  if (!isRule) report(`"${rrule.slice(0, 40)}" is not a recurrence rule`, 'For example FREQ=DAILY;BYHOUR=9.')
  return { rrule, timezone: timezone ?? readTimezone(zone, report) ?? 'UTC' }
}

function fromJson(text: string): { readonly rrule: string; readonly zone: string | undefined } {
  try {
    const { rrule, timezone } = JSON.parse(text) as { rrule?: unknown; timezone?: unknown }
    return { rrule: typeof rrule === 'string' ? rrule : '', zone: typeof timezone === 'string' ? timezone : undefined }
  } catch {
    return { rrule: '', zone: undefined }
  }
}

/** An IANA name in its own spelling: Intl would also take offsets and any case, Python would not. */
function readTimezone(name: string | undefined, report: Report): string | null {
  if (name === undefined || name === '') return null
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions()
    const isSpeltWrong = timeZone !== name && timeZone.toLowerCase() === name.toLowerCase()
    if (!/^[-+]/.test(name) && !isSpeltWrong) return name
  } catch {
    // Said below.
  }
  report(`"${name}" is not a time zone`, 'Write its IANA name, for example Europe/Berlin.')
  return null
}

function textOf(value: Planned | undefined, key: string, report: Report): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') return value
  report(`"${key}" of the schedule must be plain text`, 'It cannot come from a block or from a result of this release.')
  return undefined
}

/** Templates give text; these words are those that Prefect's models take for a flag. */
function flagOf(value: Planned | undefined, key: string, report: Report): boolean | undefined {
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value === 'boolean') return value
  const word = typeof value === 'string' ? value.toLowerCase() : ''
  if (['true', 'yes', 'on', '1', 't', 'y'].includes(word)) return true
  const isFalse = ['false', 'no', 'off', '0', 'f', 'n'].includes(word)
  if (!isFalse) report(`"${key}" of the schedule must be true or false`, 'Check the value its placeholder has.')
  return false
}
