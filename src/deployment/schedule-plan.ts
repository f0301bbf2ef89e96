import { resolve } from '../planned.ts'
import type { Change, JsonObject, PlannedObject, Results } from '../planned.ts'
import type { LiveSchedule } from '../prefect-ports.ts'
import { differences } from './differences.ts'
import type { NotRestored } from './not-restored.ts'
import type { Phase, PlannedRequest, PlannedSchedule } from './planned-writes.ts'
import { matchSchedules } from './schedule-matching.ts'
import { describeRule, isSameRule, ruleToWrite } from './schedule-rule.ts'
import type { DesiredSchedule } from './schedule.ts'

export type ScheduleWrite = {
  readonly phase: Phase
  readonly request: PlannedRequest
  readonly undo: { readonly request: PlannedRequest; readonly loses: NotRestored | undefined }
}

export type SchedulesPlan = {
  readonly changes: readonly Change[]
  readonly writes: readonly ScheduleWrite[]
  /** As they are after the writes. */
  readonly schedules: readonly PlannedSchedule[]
  /** Whether, after the writes, a schedule is active. */
  readonly hasActive: boolean
}

type Parts = {
  readonly changes: readonly Change[]
  readonly write: ScheduleWrite | undefined
  /** Undefined for one that is removed. */
  readonly schedule: PlannedSchedule | undefined
}

const SECRETS = { hasSecretNames: true }

/**
 * Schedules are written by routes of their own: in a PATCH of the deployment, old ones would be recreated, unpaused
 * and with new runs, or stay. Each is sent whole, for the server wipes what a schedule's PATCH does not name.
 */
export function planSchedules(desired: readonly DesiredSchedule[], live: readonly LiveSchedule[], results: Results): SchedulesPlan {
  const { pairs, removed } = matchSchedules(desired, live)
  const parts = [
    ...pairs.map(({ desired: each, live: match }) => (match === undefined ? planNew(each, results) : planChanged(each, match, results))),
    ...removed.map(planRemoved),
  ]
  const schedules = parts.map(({ schedule }) => schedule).filter((schedule) => schedule !== undefined)
  return {
    changes: parts.flatMap(({ changes }) => changes),
    writes: parts.map(({ write }) => write).filter((write) => write !== undefined),
    schedules,
    hasActive: schedules.some(({ active }) => active),
  }
}

/** A schedule as it is created, alone or with its deployment. */
export function scheduleBody({ rule, active, parameters, slug }: DesiredSchedule): PlannedObject {
  return { schedule: ruleToWrite(rule, undefined), active: active ?? true, parameters, ...(slug !== undefined && { slug }) }
}

function planNew(desired: DesiredSchedule, results: Results): Parts {
  const { label, active = true, parameters, slug } = desired
  const rule = ruleToWrite(desired.rule, undefined)
  const after = { ...fieldsOf(rule), active, parameters, ...(slug !== undefined && { slug }) }
  return {
    changes: differences(pathOf(label), undefined, resolve(after, results), SECRETS),
    write: {
      phase: 'reversible',
      request: { kind: 'create-schedule', body: scheduleBody(desired) },
      undo: { request: { kind: 'delete-schedule', id: undefined }, loses: undefined },
    },
    schedule: { label, rule, active },
  }
}

function planChanged(desired: DesiredSchedule, live: LiveSchedule, results: Results): Parts {
  const wanted = ruleToWrite(desired.rule, live.schedule)
  const rule: JsonObject = isSameRule(wanted, live.schedule) ? live.schedule : wanted
  const active = desired.active ?? live.active
  const slug = desired.slug ?? live.slug
  const isAdopted = slug !== live.slug
  const after = { ...fieldsOf(rule), active, parameters: desired.parameters, ...(slug !== null && { slug }) }
  const changes = differences(pathOf(desired.label), liveView(live), resolve(after, results), SECRETS)
  const body = { schedule: rule, active, parameters: desired.parameters }
  const slugs = (to: string | null) => isAdopted && to !== null && { slug: to }
  const write: ScheduleWrite = {
    phase: 'reversible',
    request: { kind: 'update-schedule', id: live.id, body: { ...body, ...slugs(slug) } },
    undo: {
      request: { kind: 'update-schedule', id: live.id, body: { ...liveBody(live), ...slugs(live.slug) } },
      loses: isAdopted && live.slug === null ? 'no-slug' : undefined,
    },
  }
  return { changes, write: changes.length === 0 ? undefined : write, schedule: { label: desired.label, rule, active } }
}

function planRemoved(live: LiveSchedule): Parts {
  const { slug, maxScheduledRuns: most } = live
  return {
    changes: differences(pathOf(slug ?? describeRule(live.schedule)), liveView(live), undefined, SECRETS),
    write: {
      phase: 'deletion',
      request: { kind: 'delete-schedule', id: live.id },
      undo: {
        request: { kind: 'create-schedule', body: { ...liveBody(live), ...(slug !== null && { slug }), ...(most !== null && { max_scheduled_runs: most }) } },
        loses: 'schedule-id',
      },
    },
    schedule: undefined,
  }
}

/** As it is shown: what it says and its settings side by side. */
function liveView({ schedule, active, parameters, slug }: LiveSchedule): JsonObject {
  return { ...schedule, active, parameters, ...(slug !== null && { slug }) }
}

function liveBody({ schedule, active, parameters }: LiveSchedule): PlannedObject {
  return { schedule: schedule, active, parameters: parameters }
}

function pathOf(label: string): string {
  return `schedules.${label}`
}

function fieldsOf(rule: JsonObject): PlannedObject {
  return Object.fromEntries(Object.entries(rule).map(([key, value]) => [key, value]))
}
