import type { Location, Problem } from '../errors.ts'
import type { Json, JsonObject } from '../planned.ts'
import { isLegacySchedule, schedulePath, schedulesOf } from './deployment-config.ts'
import { validateSchedule } from './prefect-file-schema.ts'
import type { Path } from './pyyaml.ts'
import { readSchedule } from './schedule.ts'
import { placeholdersIn } from './template.ts'

type Report = (message: string, at: Path, hint: string) => void

/**
 * What is wrong with the schedules of a deployment before any placeholder is resolved: their kinds, slugs that are there
 * twice, and what the ones without placeholders say.
 * @param label names the deployment in messages.
 */
export function scheduleProblems(entry: JsonObject, locate: (...path: Path) => Location, label: string): Problem[] {
  const problems: Problem[] = []
  const report: Report = (message, at, hint) =>
    problems.push({ code: 'prefect-file-invalid', message: `${label} ${message}`, hint, location: locate(...at) })
  if (isLegacySchedule(entry.schedule)) {
    if ('schedules' in entry) report('has both "schedule" and "schedules"', ['schedule'], 'Keep "schedules".')
    reportViolations(entry.schedule, report)
  }
  const [slugs, replaced] = [new Set<Json>(), new Set<Json>()]
  schedulesOf(entry)?.forEach((schedule, index) => {
    const at = schedulePath(entry, index)
    if (checkKind(schedule, at, report) && isJudged(schedule)) {
      problems.push(...meaningOf(schedule, (...path) => locate(...at, ...path)).map((problem) => ({ ...problem, message: `${label}: ${problem.message}` })))
    }
    checkUnique(schedule.slug, slugs, (slug) => { report(`has two schedules with the slug ${slug}`, [...at, 'slug'], 'A slug names one schedule.') })
    checkUnique(schedule.replaces, replaced, (slug) => {
      report(`has two schedules that replace ${slug}`, [...at, 'replaces'], 'A schedule is replaced by one other.')
    })
  })
  return problems
}

/** Under the old key a schedule may also be `{}`, so the file's schema does not look into it. */
function reportViolations(schedule: JsonObject, report: Report): void {
  for (const { path, message } of validateSchedule(schedule)) {
    const at = ['schedule', ...path]
    report(`has a wrong schedule: "${at.join('.')}" ${message}`, at, 'A schedule is one of cron, interval and rrule.')
  }
}

function checkKind(schedule: JsonObject, at: Path, report: Report): boolean {
  if ('schedule' in schedule) {
    const hint = 'Write cron, interval or rrule into the item itself, with timezone and slug; prefect deploy refuses this form too.'
    report("has a schedule in the form of Prefect's API", [...at, 'schedule'], hint)
    return false
  }
  const kinds = ['cron', 'interval', 'rrule'].filter((kind) => schedule[kind] !== undefined && schedule[kind] !== null)
  if (kinds.length === 1) return true
  const what = kinds.length === 0 ? 'none of cron, interval and rrule' : kinds.join(' and ')
  report(`has a schedule with ${what}`, at, 'A schedule has exactly one of cron, interval and rrule.')
  return false
}

/** A placeholder may stand for anything, and what is of a wrong type has been said so. */
function isJudged(schedule: JsonObject): boolean {
  const others = Object.entries(schedule).filter(([key]) => key !== 'parameters')
  return placeholdersIn(Object.fromEntries(others)).length === 0 && validateSchedule(schedule).length === 0
}

function meaningOf(schedule: JsonObject, locate: (...path: Path) => Location): Problem[] {
  const problems: Problem[] = []
  readSchedule(schedule, locate, problems)
  return problems
}

function checkUnique(value: Json | undefined, seen: Set<Json>, report: (value: string) => void): void {
  if (typeof value !== 'string' || value === '') return
  if (seen.has(value)) report(value)
  seen.add(value)
}
