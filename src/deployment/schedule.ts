import type { Location, Problem } from '../errors.ts'
import { isFields } from '../planned.ts'
import type { Planned, PlannedObject } from '../planned.ts'
import { isCron } from './cron.ts'
import { DURATION_HINT, parseDuration } from './duration.ts'
import { recurrenceProblem } from './recurrence-problem.ts'
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

/** @param key of the schedule that is wrong; without one, all of it. */
type Report = (message: string, hint: string, key?: string) => void

/**
 * A schedule of the file, its placeholders resolved, in normal form.
 * @param locate where it is written, and where each of its keys is.
 * @param problems gets what is wrong with it; the schedule is then undefined.
 */
export function readSchedule(schedule: PlannedObject, locate: (...key: string[]) => Location, problems: Problem[]): DesiredSchedule | undefined {
  const before = problems.length
  const report: Report = (message, hint, key) =>
    problems.push({ code: 'prefect-file-invalid', message, hint, location: key === undefined ? locate() : locate(key) })
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
    location: locate(),
  }
}

function readRule(schedule: PlannedObject, text: (key: string) => string | undefined, report: Report): ScheduleRule | undefined {
  const timezone = readTimezone(text('timezone'), report)
  const cron = text('cron')
  if (cron !== undefined && cron !== '') {
    const hint = 'It has five fields: minute, hour, day, month, weekday.'
    if (!isCron(cron)) report(`"${cron}" is not a cron expression`, hint, 'cron')
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
  if (interval === undefined || interval <= 0) report('the interval is not a duration', DURATION_HINT, 'interval')
  return { interval: interval ?? 0, ...(anchor !== undefined && { anchor_date: readAnchor(anchor, report) }), timezone }
}

/** Prefect takes a date without offset as UTC. */
function readAnchor(text: string, report: Report): string {
  const iso = text.trim().replace(/^(\d{4}-\d\d-\d\d)$/, '$1T00:00:00').replace(/^(\S+) (?=\d)/, '$1T')
  const anchor = /(Z|[-+]\d\d:?\d\d)$/i.test(iso) ? iso : `${iso}Z`
  if (!/^\d{4}-/.test(iso) || Number.isNaN(Date.parse(anchor))) {
    report(`"${text}" is not a date`, 'Write it as 2026-01-31T08:00:00Z.', 'anchor_date')
  }
  return anchor
}

/** Prefect also takes a rule with its timezone as JSON. */
function readRrule(text: string, timezone: string | null, report: Report): ScheduleRule {
  const { rrule, zone } = text.trim().startsWith('{') ? fromJson(text) : { rrule: text, zone: undefined }
  const problem = recurrenceProblem(rrule)
  if (problem !== undefined) report(`"${shortened(rrule)}" ${problem}`, 'For example FREQ=DAILY;BYHOUR=9.', 'rrule')
  return { rrule, timezone: timezone ?? readTimezone(zone, report) ?? 'UTC' }
}

function fromJson(text: string): { readonly rrule: string; readonly zone: string | undefined } {
  try {
    const { rrule, timezone, ...others } = JSON.parse(text) as { rrule?: unknown; timezone?: unknown }
    const isRule = typeof rrule === 'string' && Object.keys(others).length === 0
    return { rrule: isRule ? rrule : text, zone: typeof timezone === 'string' ? timezone : undefined }
  } catch {
    return { rrule: text, zone: undefined }
  }
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

function readTimezone(name: string | undefined, report: Report): string | null {
  if (name === undefined || name === '') return null
  const isZone = ZONES.get(name) ?? isTimezone(name)
  ZONES.set(name, isZone)
  if (isZone) return name
  report(`"${name}" is not a time zone`, 'Write its IANA name, for example Europe/Berlin.', 'timezone')
  return null
}

/** Intl takes a tenth of a millisecond for each; most schedules have the same. */
const ZONES = new Map<string, boolean>()

/** An IANA name in its own spelling: Intl would also take offsets and any case, Python would not. */
function isTimezone(name: string): boolean {
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions()
    return !/^[-+]/.test(name) && (timeZone === name || timeZone.toLowerCase() !== name.toLowerCase())
  } catch {
    return false
  }
}

function textOf(value: Planned | undefined, key: string, report: Report): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') return value
  report(`"${key}" of the schedule must be plain text`, 'It cannot come from a block or from a result of this release.', key)
  return undefined
}

/** Templates give text; these words are those that Prefect's models take for a flag. */
function flagOf(value: Planned | undefined, key: string, report: Report): boolean | undefined {
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value === 'boolean') return value
  const word = typeof value === 'string' ? value.toLowerCase() : ''
  if (['true', 'yes', 'on', '1', 't', 'y'].includes(word)) return true
  const isFalse = ['false', 'no', 'off', '0', 'f', 'n'].includes(word)
  if (!isFalse) report(`"${key}" of the schedule must be true or false`, 'Check the value its placeholder has.', key)
  return false
}
