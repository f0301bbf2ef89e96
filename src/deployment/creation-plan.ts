import { resolve } from '../planned.ts'
import type { Change, Planned, Results } from '../planned.ts'
import { planCreated } from './automation-plan.ts'
import { concurrencyBody } from './concurrency-plan.ts'
import type { DesiredDeployment, FieldName } from './desired-deployment.ts'
import { differences } from './differences.ts'
import { differenceOptions } from './field-groups.ts'
import { idle } from './idle-schedules.ts'
import { withMark } from './incomplete.ts'
import type { DeploymentChange } from './planned-writes.ts'
import { planSchedules, scheduleBody } from './schedule-plan.ts'
import { planSlas } from './sla-plan.ts'
import { unpausing } from './unpausing.ts'

/** A deployment is created paused, and marked as incomplete: none of its runs may start before everything is written. */
export function planCreation(desired: DesiredDeployment, results: Results): DeploymentChange {
  const { name, version, fields, schedules, concurrency, enforceParameterSchema: enforce = true, paused = false } = desired
  const { changes, schedules: planned, hasActive } = planSchedules(schedules, [], results)
  const automations = planCreated(desired.triggers, results)
  const slas = planSlas(desired)
  const body = {
    name, ...version, ...fields,
    ...(!paused && { tags: withMark(fields.tags) }),
    enforce_parameter_schema: enforce,
    paused: true,
    schedules: schedules.map(scheduleBody),
    ...(concurrency !== null && concurrencyBody(concurrency)),
  }
  return {
    action: 'create',
    id: undefined,
    changes: [...creationChanges(desired, results), ...changes, ...automations.changes, ...slas.changes],
    schedules: paused ? idle(planned) : planned,
    isTakeover: false,
    writes: [
      {
        phase: 'reversible', request: { kind: 'create-deployment', body }, reschedules: false,
        undo: { request: { kind: 'delete-deployment' }, reschedules: false, loses: undefined },
      },
      ...[...automations.writes, ...slas.writes].map((write) => ({ ...write, reschedules: false, undo: { ...write.undo, reschedules: false } })),
      ...(paused ? [] : [unpausing({ tags: { complete: fields.tags, marked: withMark(fields.tags) }, reschedules: hasActive, reschedulesWhenUndone: false })]),
    ],
    warnings: [],
  }
}

/** Without what is nothing: an empty list is what a deployment has anyway. */
function creationChanges({ fields, enforceParameterSchema, paused, concurrency }: DesiredDeployment, results: Results): Change[] {
  const names = Object.keys(fields) as FieldName[]
  const values: [string, Planned][] = [
    ...names.map((name): [string, Planned] => [name, resolve(fields[name], results)]),
    ...(enforceParameterSchema === false ? [['enforce_parameter_schema', false] satisfies [string, Planned]] : []),
    ...(paused === true ? [['paused', true] satisfies [string, Planned]] : []),
    ...Object.entries(concurrencyBody(concurrency)),
  ]
  const given = values.filter(([, value]) => !isEmpty(value))
  return given.flatMap(([name, value]) => differences(name, undefined, value, differenceOptions(name)))
}

function isEmpty(value: Planned): boolean {
  return value === null || value === '' || (typeof value === 'object' && Object.keys(value).length === 0)
}
