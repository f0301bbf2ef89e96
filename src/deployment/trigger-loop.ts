import { isFields, isItems } from '../planned.ts'
import type { Planned, PlannedObject } from '../planned.ts'

/** Every run of a deployment causes these events. */
const EVENTS_OF_EVERY_RUN = ['prefect.flow-run.Scheduled', 'prefect.flow-run.Pending', 'prefect.flow-run.Running', 'prefect.flow-run.*']
const EVERY_RUN = 'prefect.flow-run.*'

/**
 * Whether a trigger would fire for the runs that it starts, without end: the server refuses it
 * (`prevent_run_deployment_loops` in server/events/schemas/automations.py).
 */
export function isLoop({ type, posture, expect, match, match_related: related = {} }: PlannedObject): boolean {
  if (type !== 'event' || posture !== 'Reactive' || !isItems(expect)) return false
  return expect.some((event) => typeof event === 'string' && EVENTS_OF_EVERY_RUN.includes(event)) &&
    matchesEveryRun(match) && (isItems(related) ? related : [related]).some(matchesEveryRun)
}

function matchesEveryRun(labels: Planned | undefined): boolean {
  if (!isFields(labels)) return false
  const names = Object.keys(labels)
  if (names.length === 0) return true
  const { 'prefect.resource.id': id } = labels
  return names.length === 1 && (isItems(id) ? id.includes(EVERY_RUN) : id === EVERY_RUN)
}
