import type { ErrorCode, Location, Problem } from '../errors.ts'
import { isList, isObject } from '../planned.ts'
import type { Json, JsonObject } from '../planned.ts'
import { DEFAULT_WORK_POOL_VARIABLE } from './default-work-pool.ts'
import { DURATION_HINT, parseDuration } from './duration.ts'
import type { Path } from './pyyaml.ts'
import { scheduleProblems } from './schedule-problems.ts'

/** What else than its text says how a Prefect file is read. */
export type FileOptions = {
  /** For deployments without one. */
  readonly defaultWorkPool?: string | undefined
}

type Locate = (...path: Path) => Location
type Report = (message: string, options: { readonly at: Path; readonly hint: string; readonly code?: ErrorCode }) => void

/** Prefect answers 500 without a reason to a name with one of these (prefect/types/__init__.py). */
export const FORBIDDEN_IN_NAMES = /[/%&><]/

/** What no schema of a single field can say: names, what is required, what excludes each other, what a text must mean. */
export function deploymentProblems(entries: readonly JsonObject[], locate: Locate, { defaultWorkPool }: FileOptions): Problem[] {
  const problems: Problem[] = []
  entries.forEach((entry, index) => {
    const label = typeof entry.name === 'string' ? `deployment "${entry.name}"` : `deployment ${index + 1}`
    const report: Report = (message, { at, hint, code = 'prefect-file-invalid' }) =>
      problems.push({ code, message: `${label} ${message}`, hint, location: locate(index, ...at) })
    checkName(entry, report)
    checkEntrypoint(entry, report)
    if (defaultWorkPool === undefined) checkWorkPool(entry, report)
    problems.push(...scheduleProblems(entry, (...path) => locate(index, ...path), label))
    checkAgreements(entry, report)
  })
  return problems
}

function checkName({ name }: JsonObject, report: Report): void {
  if (isAbsent(name)) report('has no name', { at: [], hint: 'Give it a "name".', code: 'deployment-unnamed' })
  else if (isText(name) && FORBIDDEN_IN_NAMES.test(name)) {
    report('has a character in its name that Prefect forbids', { at: ['name'], hint: 'Leave out / % & > <.' })
  }
}

function checkEntrypoint({ entrypoint }: JsonObject, report: Report): void {
  if (isAbsent(entrypoint)) report('has no entrypoint', { at: [], hint: 'Add one: entrypoint: path/to/file.py:flow_function' })
}

function checkWorkPool({ work_pool: pool }: JsonObject, report: Report): void {
  if (!isAbsent(pool) && !(isObject(pool) && isAbsent(pool.name))) return
  report('has no work pool', {
    at: isAbsent(pool) ? [] : ['work_pool'], hint: `Add one: work_pool: {name: …}, or set ${DEFAULT_WORK_POOL_VARIABLE}.`,
  })
}

/** Prefect guesses which kind of agreement one is that has several of these. */
function checkAgreements({ sla }: JsonObject, report: Report): void {
  if (!isList(sla)) return
  sla.forEach((agreement, index) => {
    if (!isObject(agreement)) return
    const at = ['sla', index]
    const kinds = ['duration', 'stale_after', 'within'].filter((kind) => kind in agreement)
    if (kinds.length !== 1) {
      const hint = 'It has exactly one of duration, stale_after and within.'
      report(`has a service level agreement with ${kinds.join(' and ') || 'none of duration, stale_after and within'}`, { at, hint })
    }
    for (const kind of ['stale_after', 'within']) {
      const value = agreement[kind]
      if (typeof value !== 'string' || parseDuration(value) !== undefined) continue
      report(`has a service level agreement of which "${kind}" is no duration`, { at: [...at, kind], hint: DURATION_HINT })
    }
  })
}

function isAbsent(value: Json | undefined): boolean {
  return value === undefined || value === null || value === ''
}

function isText(value: Json | undefined): value is string {
  return typeof value === 'string' && value !== ''
}
