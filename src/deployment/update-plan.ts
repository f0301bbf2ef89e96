import type { Warning } from '../errors.ts'
import { isList, isObject, reveal } from '../planned.ts'
import type { Json, PlannedObject, Results } from '../planned.ts'
import type { LiveDeployment } from '../ports.ts'
import { planConcurrency } from './concurrency-plan.ts'
import type { ConcurrencyPlan } from './concurrency-plan.ts'
import type { DesiredDeployment } from './desired.ts'
import { differences } from './differences.ts'
import { desiredValue, FIELD_GROUPS, fieldChanges, liveValue } from './field-groups.ts'
import type { Comparison, GroupField } from './field-groups.ts'
import { unverifiableReferences } from './hydration.ts'
import { idle } from './idle-schedules.ts'
import type { DeploymentChange, Phase, PlannedWrite } from './plan.ts'
import { planSchedules } from './schedule-plan.ts'
import type { ScheduleWrite, SchedulesPlan } from './schedule-plan.ts'
import { isTakeover } from './takeover.ts'
import { unpausing } from './unpausing.ts'

/** Only what differs is written, in the groups that belong together. */
export function planUpdate(desired: DesiredDeployment, live: LiveDeployment, results: Results): DeploymentChange {
  const changesOf = (field: GroupField) => fieldChanges(field, desired, { live, results })
  const groups = FIELD_GROUPS.map((fields) => ({ fields, changes: fields.flatMap(changesOf) }))
  const concurrency = planConcurrency(desired, live)
  const schedules = planSchedules(desired.schedules, live.schedules, results)
  const pause = differences('paused', live.paused, desired.paused ?? live.paused, { hasSecretNames: false })
  const changes = [...groups.flatMap((group) => group.changes), ...concurrency.changes, ...pause, ...schedules.changes]
  const fields = groups.filter((group) => group.changes.length > 0).flatMap((group) => group.fields)
  const references = fields.includes('parameters') ? [] : referencesKept(desired, { live, results })
  return {
    action: changes.length === 0 ? 'unchanged' : 'update',
    id: live.id,
    changes,
    schedules: (desired.paused ?? live.paused) ? idle(schedules.schedules) : schedules.schedules,
    isTakeover: isTakeover(desired, live),
    writes: inOrder([...patches({ fields, concurrency, desired, live }), ...schedules.writes], { desired, live, schedules }),
    warnings: [...concurrency.warnings, ...removalWarnings(desired, schedules), ...references],
  }
}

type Patching = {
  readonly fields: readonly GroupField[]
  readonly concurrency: ConcurrencyPlan
  readonly desired: DesiredDeployment
  readonly live: LiveDeployment
}

/** One PATCH for all that can be put back, and one that deletes the concurrency limit. */
function patches({ fields, concurrency, desired, live }: Patching): ScheduleWrite[] {
  const pauses = desired.paused === true && !live.paused
  const body: PlannedObject = {
    ...Object.fromEntries(fields.map((field) => [field, desiredValue(field, desired, live)])),
    ...(pauses && { paused: true }),
    ...(!concurrency.deletes && concurrency.body),
  }
  const undoBody: PlannedObject = {
    ...Object.fromEntries(fields.map((field) => [field, liveValue(field, live)])),
    ...(pauses && { paused: false }),
    ...(!concurrency.deletes && concurrency.undoBody),
  }
  const losesReferences = fields.includes('parameters') && hasReferences(liveValue('parameters', live))
  return [
    ...(Object.keys(body).length === 0 ? [] : [patch({ ...body, ...desired.version }, {
      phase: 'reversible',
      undoBody: { ...undoBody, version: live.fields.version ?? null },
      loses: losesReferences ? 'references in its parameters, which are stored as their values' : undefined,
    })]),
    ...(concurrency.deletes ? [patch(concurrency.body, {
      phase: 'deletion', undoBody: concurrency.undoBody, loses: 'the slots in use of its concurrency limit',
    })] : []),
  ]
}

type Patch = { readonly phase: Phase; readonly undoBody: PlannedObject; readonly loses: string | undefined }

function patch(body: PlannedObject, { phase, undoBody, loses }: Patch): ScheduleWrite {
  const request = (sent: PlannedObject) => ({ kind: 'update-deployment', body: sent }) as const
  return { phase, request: request(body), undo: { request: request(undoBody), loses } }
}

type Ordering = { readonly desired: DesiredDeployment; readonly live: LiveDeployment; readonly schedules: SchedulesPlan }

/**
 * The writes by phase, each with whether runs must be scheduled again after it: never while the deployment is paused,
 * for that would start them.
 */
function inOrder(writes: readonly ScheduleWrite[], { desired, live, schedules }: Ordering): PlannedWrite[] {
  const reschedules = !live.paused && desired.paused !== true && schedules.hasActive
  const reschedulesWhenUndone = !live.paused && live.schedules.some(({ active }) => active)
  const all = writes.map((write): PlannedWrite => ({ ...write, reschedules, undo: { ...write.undo, reschedules: reschedulesWhenUndone } }))
  const unpauses = desired.paused === false && live.paused
  return [
    ...all.filter(({ phase }) => phase === 'reversible'),
    ...all.filter(({ phase }) => phase === 'deletion'),
    ...(unpauses ? [unpausing({ reschedules: schedules.hasActive, reschedulesWhenUndone: false })] : []),
  ]
}

/** A file without the key may come from somebody who keeps schedules in the UI. */
function removalWarnings({ name, hasScheduleKey, location }: DesiredDeployment, { writes }: SchedulesPlan): Warning[] {
  const removed = writes.filter(({ request }) => request.kind === 'delete-schedule').length
  if (hasScheduleKey || removed === 0) return []
  const those = removed === 1 ? 'the one' : `all ${removed}`
  return [{
    code: 'schedules-removed',
    message: `deployment "${name}" has no schedules in the file, so ${those} on the server will be removed`,
    hint: 'Write them into the file to keep them, or "schedules: []" to say that there are none.',
    location,
  }]
}

/** Parameters that are not written keep what their references stood for when they were. */
function referencesKept({ name, fields, location }: DesiredDeployment, { live, results }: Comparison): Warning[] {
  const paths = unverifiableReferences('parameters', liveValue('parameters', live), reveal(fields.parameters, results))
  if (paths.length === 0) return []
  const what = `the server has only the values of references (${paths.join(', ')})`
  return [{
    code: 'reference-unverifiable',
    message: `deployment "${name}": ${what}, so it cannot be told whether the file has others now, and they are not deployed`,
    hint: 'They are when another parameter, the schema or enforce_parameter_schema changes as well. '
      + 'A placeholder {{ prefect.variables.<name> }} is compared by its value.',
    location,
  }]
}

function hasReferences(parameters: Json): boolean {
  if (isList(parameters)) return parameters.some(hasReferences)
  return isObject(parameters) && ('__prefect_kind' in parameters || Object.values(parameters).some(hasReferences))
}
