import type { Warning } from '../errors.ts'
import { isList, isObject, reveal } from '../planned.ts'
import type { Json, PlannedObject, Results } from '../planned.ts'
import type { LiveDeployment } from '../prefect-ports.ts'
import { planAutomations } from './automation-plan.ts'
import { planConcurrency } from './concurrency-plan.ts'
import type { ConcurrencyPlan } from './concurrency-plan.ts'
import type { DesiredDeployment } from './desired-deployment.ts'
import { differences } from './differences.ts'
import { desiredValue, FIELD_GROUPS, fieldChanges, liveValue } from './field-groups.ts'
import type { Comparison, GroupField } from './field-groups.ts'
import { unverifiableReferences } from './hydration.ts'
import { idle } from './idle-schedules.ts'
import { INCOMPLETE, isIncomplete } from './incomplete.ts'
import { keepLive } from './kept-fields.ts'
import type { NotRestored } from './not-restored.ts'
import type { DeploymentChange, Phase, PlannedWrite } from './planned-writes.ts'
import { planSchedules } from './schedule-plan.ts'
import type { ScheduleWrite, SchedulesPlan } from './schedule-plan.ts'
import { planSlas } from './sla-plan.ts'
import { isTakeover } from './takeover.ts'
import { unpausing } from './unpausing.ts'
import { inOrder } from './write-order.ts'

/** Only what differs is written, in the groups that belong together. */
export function planUpdate(wanted: DesiredDeployment, live: LiveDeployment, results: Results): DeploymentChange {
  const desired = completed(keepLive(wanted, live), live)
  const changesOf = (field: GroupField) => fieldChanges(field, desired, { live, results })
  const groups = FIELD_GROUPS.map((fields) => ({ fields, changes: fields.flatMap(changesOf) }))
  const concurrency = planConcurrency(desired, live)
  const schedules = planSchedules(desired.schedules, live.schedules, results)
  const pause = differences('paused', live.paused, desired.paused ?? live.paused, { hasSecretNames: false })
  const automations = planAutomations(desired, live, results)
  const slas = planSlas(desired)
  const changes = [
    ...groups.flatMap((group) => group.changes), ...concurrency.changes, ...pause, ...schedules.changes, ...automations.changes,
  ]
  const fields = groups.filter((group) => group.changes.length > 0).flatMap((group) => group.fields)
  const references = fields.includes('parameters') ? [] : referencesKept(desired, { live, results })
  return {
    action: changes.length === 0 ? 'unchanged' : 'update',
    id: live.id,
    changes: [...changes, ...slas.changes],
    schedules: (desired.paused ?? live.paused) ? idle(schedules.schedules) : schedules.schedules,
    isTakeover: isTakeover(desired, live),
    writes: inOrder([...patches({ fields, concurrency, desired, live }), ...schedules.writes], {
      desired, live, schedules, quiet: [...automations.writes, ...slas.writes], last: lastOf(desired, live, schedules),
    }),
    warnings: [
      ...concurrency.warnings, ...removalWarnings(desired, schedules), ...automations.warnings, ...references, ...completionWarnings(desired, live),
    ],
  }
}

/** The pause of a deployment that an earlier run could not finish is not one that somebody wants. */
function completed(desired: DesiredDeployment, live: LiveDeployment): DesiredDeployment {
  return isIncomplete(live) ? { ...desired, paused: desired.paused ?? false } : desired
}

function completionWarnings({ name, location }: DesiredDeployment, live: LiveDeployment): Warning[] {
  if (!isIncomplete(live)) return []
  return [{
    code: 'deployment-incomplete',
    message: `deployment "${name}" was created by a run that was ended before it had finished it; this release does`,
    hint: `It is still paused, and has the tag "${INCOMPLETE}" until then.`,
    location,
  }]
}

/** The tag that says so goes last, together with the pause. */
function completes({ paused }: DesiredDeployment, live: LiveDeployment): boolean {
  return paused === false && live.paused && isIncomplete(live)
}

type Patching = {
  readonly fields: readonly GroupField[]
  readonly concurrency: ConcurrencyPlan
  readonly desired: DesiredDeployment
  readonly live: LiveDeployment
}

/** One PATCH for all that can be put back, and one that deletes the concurrency limit. */
function patches({ fields: changed, concurrency, desired, live }: Patching): ScheduleWrite[] {
  const fields = changed.filter((field) => field !== 'tags' || !completes(desired, live))
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
      loses: losesReferences ? 'references' : undefined,
    })]),
    ...(concurrency.deletes ? [patch(concurrency.body, {
      phase: 'deletion', undoBody: concurrency.undoBody, loses: 'limit-slots',
    })] : []),
  ]
}

type Patch = { readonly phase: Phase; readonly undoBody: PlannedObject; readonly loses: NotRestored | undefined }

function patch(body: PlannedObject, { phase, undoBody, loses }: Patch): ScheduleWrite {
  const request = (sent: PlannedObject) => ({ kind: 'update-deployment', body: sent }) as const
  return { phase, request: request(body), undo: { request: request(undoBody), loses } }
}

/** From here on runs start. */
function lastOf(desired: DesiredDeployment, live: LiveDeployment, { hasActive }: SchedulesPlan): PlannedWrite[] {
  if (desired.paused !== false || !live.paused) return []
  const tags = { complete: desired.fields.tags, marked: liveValue('tags', live) }
  return [unpausing({ ...(completes(desired, live) && { tags }), reschedules: hasActive, reschedulesWhenUndone: false })]
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
