import type { Warning, WarningCode } from '../errors.ts'
import type { Json, JsonObject } from '../planned.ts'
import type { DeploymentConfig } from './deployment-config.ts'
import type { DesiredDeployment } from './desired-deployment.ts'
import type { DesiredSchedule } from './schedule.ts'
import type { ScheduleRule } from './schedule-rule.ts'

/** Schedules that do not say what they mean: one warning of each kind for a deployment, which names them all. */
export function scheduleTraps({ name, schedules }: DesiredDeployment, config: DeploymentConfig): Warning[] {
  const given = config.schedules ?? []
  type Words = Pick<Warning, 'message' | 'hint'>
  const warn = (code: WarningCode, found: readonly DesiredSchedule[], { message, hint }: Words): Warning[] => {
    const [first] = found
    if (first === undefined) return []
    return [{ code, message: `${named(found)} of deployment "${name}" ${message}`, hint, location: first.location }]
  }
  return [
    ...warn('interval-unanchored', schedules.filter(({ rule }) => 'interval' in rule && rule.anchor_date === undefined), {
      message: 'without anchor_date: it counts from its creation; each prefect deploy moves its runs, this action does not',
      hint: 'Write an anchor_date, for example "2026-01-01T00:00:00+00:00".',
    }),
    ...warn('schedule-without-timezone', schedules.filter((schedule, index) => isZoneOpen(schedule.rule, given[index])), {
      message: 'without timezone: it runs by UTC, all year',
      hint: 'Write the timezone it is meant in, for example Europe/Berlin, or UTC.',
    }),
    ...warn('schedule-without-slug', schedules.filter(({ slug }) => slug === undefined || slug === ''), {
      message: 'without slug: when its rule changes, it is taken for another schedule, and what the UI set on it can be lost',
      hint: 'Give every schedule a slug, a name that stays.',
    }),
  ]
}

function named(schedules: readonly DesiredSchedule[]): string {
  return `${schedules.length === 1 ? 'schedule' : 'schedules'} ${schedules.map(({ label }) => `"${label}"`).join(', ')}`
}

/** Whether the rule depends on a zone and has none: what only counts minutes is the same in all zones but those of half an hour. */
function isZoneOpen(rule: ScheduleRule, given: JsonObject | undefined): boolean {
  if ('cron' in rule) return rule.timezone === null && !/^(\S+( \*){4}|@hourly)$/.test(rule.cron.trim().replace(/\s+/g, ' '))
  return 'rrule' in rule && rule.timezone === 'UTC' && !isGiven(given?.timezone) && !/TZID=|"timezone"/.test(textOf(given?.rrule))
}

function isGiven(value: Json | undefined): boolean {
  return typeof value === 'string' && value !== ''
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}
