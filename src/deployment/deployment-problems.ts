import type { ErrorCode, Location, Problem } from '../errors.ts'
import { isObject } from '../planned.ts'
import type { Json, JsonObject } from '../planned.ts'
import { isLegacySchedule, schedulePath, schedulesOf } from './deployment-config.ts'
import { validateSchedule } from './prefect-file-schema.ts'
import type { Path } from './pyyaml.ts'

type Locate = (...path: Path) => Location
type Report = (message: string, options: { readonly at: Path; readonly hint: string; readonly code?: ErrorCode }) => void

/** Prefect answers 500 without a reason to a name with one of these (prefect/types/__init__.py). */
export const FORBIDDEN_IN_NAMES = /[/%&><]/

/** What no schema of a single field can say: names, what is required, what excludes each other. */
export function deploymentProblems(entries: readonly JsonObject[], locate: Locate): Problem[] {
  const problems: Problem[] = []
  const names = new Map<string, number>()
  entries.forEach((entry, index) => {
    const label = typeof entry.name === 'string' ? `deployment "${entry.name}"` : `deployment ${index + 1}`
    const report: Report = (message, { at, hint, code = 'prefect-file-invalid' }) =>
      problems.push({ code, message: `${label} ${message}`, hint, location: locate(index, ...at) })
    checkName(entry, report)
    checkRequired(entry, report)
    checkSchedules(entry, report)
    const key = JSON.stringify([entry.entrypoint, entry.name])
    const earlier = names.get(key)
    if (earlier !== undefined && isText(entry.name)) {
      const line = locate(earlier).line ?? '?'
      report('is there twice for the same flow', { at: [], hint: `The first is on line ${line}; rename one of them.` })
    }
    names.set(key, earlier ?? index)
  })
  return problems
}

function checkName({ name }: JsonObject, report: Report): void {
  if (isAbsent(name)) report('has no name', { at: [], hint: 'Give it a "name".', code: 'deployment-unnamed' })
  else if (isText(name) && FORBIDDEN_IN_NAMES.test(name)) {
    report('has a character in its name that Prefect forbids', { at: ['name'], hint: 'Leave out / % & > <.' })
  }
}

function checkRequired({ entrypoint, work_pool: pool }: JsonObject, report: Report): void {
  if (isAbsent(entrypoint)) report('has no entrypoint', { at: [], hint: 'Add one: entrypoint: path/to/file.py:flow_function' })
  if (isAbsent(pool) || (isObject(pool) && isAbsent(pool.name))) {
    report('has no work pool', { at: isAbsent(pool) ? [] : ['work_pool'], hint: 'Add one: work_pool: {name: …}' })
  }
}

function checkSchedules(entry: JsonObject, report: Report): void {
  if (isLegacySchedule(entry.schedule)) {
    if ('schedules' in entry) report('has both "schedule" and "schedules"', { at: ['schedule'], hint: 'Keep "schedules".' })
    reportViolations(entry.schedule, report)
  }
  const slugs = new Set<Json>()
  const replaced = new Set<Json>()
  schedulesOf(entry)?.forEach((schedule, index) => {
    const at = schedulePath(entry, index)
    checkKind(schedule, at, report)
    checkUnique(schedule.slug, slugs, (slug) => {
      report(`has two schedules with the slug ${slug}`, { at: [...at, 'slug'], hint: 'A slug names one schedule.' })
    })
    checkUnique(schedule.replaces, replaced, (slug) => {
      report(`has two schedules that replace ${slug}`, { at: [...at, 'replaces'], hint: 'A schedule is replaced by one other.' })
    })
  })
}

/** Under the old key a schedule may also be `{}`, so the file's schema does not look into it. */
function reportViolations(schedule: JsonObject, report: Report): void {
  for (const { path, message } of validateSchedule(schedule)) {
    const at = ['schedule', ...path]
    report(`has a wrong schedule: "${at.join('.')}" ${message}`, { at, hint: 'A schedule is one of cron, interval and rrule.' })
  }
}

function checkKind(schedule: JsonObject, at: Path, report: Report): void {
  const kinds = ['cron', 'interval', 'rrule'].filter((kind) => schedule[kind] !== undefined && schedule[kind] !== null)
  if (kinds.length === 1) return
  report(`has a schedule with ${kinds.length === 0 ? 'none of cron, interval and rrule' : kinds.join(' and ')}`, {
    at, hint: 'A schedule has exactly one of cron, interval and rrule.',
  })
}

function checkUnique(value: Json | undefined, seen: Set<Json>, report: (value: string) => void): void {
  if (!isText(value)) return
  if (seen.has(value)) report(value)
  seen.add(value)
}

function isAbsent(value: Json | undefined): boolean {
  return value === undefined || value === null || value === ''
}

function isText(value: Json | undefined): value is string {
  return typeof value === 'string' && value !== ''
}
