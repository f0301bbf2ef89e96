import { isFields, isObject } from '../planned.ts'
import type { JsonObject, Planned, PlannedObject } from '../planned.ts'
import type { LiveDeployment, LiveSchedule } from '../prefect-ports.ts'
import { liveConcurrency } from './concurrency-plan.ts'
import { KEPT_FIELDS } from './desired-deployment.ts'
import type { DesiredDeployment, FieldName, KeptField } from './desired-deployment.ts'
import { liveValue } from './field-groups.ts'
import { withoutMark } from './incomplete.ts'
import { isResult } from './job-image.ts'
import { describeRule } from './schedule-rule.ts'
import type { ScheduleRule } from './schedule-rule.ts'
import type { DesiredSchedule } from './schedule.ts'
import { isPinned } from './takeover.ts'

/** The names given in the input `keep`, each once, and those that are no field which can be kept. */
export function parseKept(names: readonly string[]): { readonly kept: readonly KeptField[]; readonly unknown: readonly string[] } {
  return { kept: KEPT_FIELDS.filter((field) => names.includes(field)), unknown: names.filter((name) => !isKeptField(name)) }
}

/**
 * The deployment as it is to be with its kept fields as they are live: neither a change nor written, but for a group of
 * fields that has to be sent whole, where they go along. Triggers are compared elsewhere, and skipped there.
 */
export function keepLive(desired: DesiredDeployment, live: LiveDeployment): DesiredDeployment {
  const { keep } = desired
  if (keep.length === 0) return desired
  const keeps = (field: KeptField) => keep.includes(field)
  const names = (Object.keys(desired.fields) as FieldName[]).filter((name) => keep.some((field) => field === name))
  const fields = Object.fromEntries(names.map((name) => [name, keptValue(name, desired, live)]))
  const enforce = liveValue('enforce_parameter_schema', live)
  return {
    ...desired,
    fields: { ...desired.fields, ...fields },
    ...(keeps('enforce_parameter_schema') && { enforceParameterSchema: enforce === true }),
    ...(keeps('concurrency_limit') && { concurrency: liveConcurrency(live) }),
    ...(keeps('schedules') && { schedules: live.schedules.map((each) => keptSchedule(each, desired)), hasScheduleKey: true }),
  }
}

function isKeptField(name: string): name is KeptField {
  return KEPT_FIELDS.some((field) => field === name)
}

function keptValue(name: FieldName, { fields }: DesiredDeployment, live: LiveDeployment): Planned {
  const value = liveValue(name, live)
  if (name === 'tags') return withoutMark(value)
  return name === 'job_variables' ? keptJobVariables(fields.job_variables, isObject(value) ? value : {}) : value
}

const PINNED = ['image', 'task_definition_arn'] as const

/**
 * The image is the release's own: it goes through, with whatever else is made of it, in place of the one that an earlier
 * release pinned; unless the file names another, which is then for the UI to change.
 */
function keptJobVariables(desired: Planned, live: JsonObject): PlannedObject {
  const wanted = isFields(desired) ? desired : {}
  if (PINNED.some((name) => name in wanted && !isResult(wanted[name]))) return live
  const others = Object.entries(live).filter(([name, value]) => !PINNED.some((pin) => pin === name && isPinned(pin, value)))
  const pins = Object.entries(wanted).filter(([, value]) => isResult(value))
  return Object.fromEntries([...others, ...pins])
}

function keptSchedule({ slug, active, schedule, parameters }: LiveSchedule, { location }: DesiredDeployment): DesiredSchedule {
  return {
    label: slug ?? describeRule(schedule),
    slug: slug ?? undefined,
    replaces: undefined,
    active,
    rule: schedule as ScheduleRule, // as the server validated it
    parameters,
    location,
  }
}
