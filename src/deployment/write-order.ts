import type { LiveDeployment } from '../prefect-ports.ts'
import type { DesiredDeployment } from './desired-deployment.ts'
import type { PlannedWrite } from './planned-writes.ts'
import type { ScheduleWrite, SchedulesPlan } from './schedule-plan.ts'

export type Ordering = {
  readonly desired: DesiredDeployment
  readonly live: LiveDeployment
  readonly schedules: Pick<SchedulesPlan, 'hasActive'>
  /** Of automations and service level agreements, which drop no run. */
  readonly quiet: readonly ScheduleWrite[]
  /** That of the deployment, when it is unpaused. */
  readonly last: readonly PlannedWrite[]
}

/**
 * The writes by phase, each with whether runs must be scheduled again after it: never while the deployment is paused,
 * for that would start them. Those that drop none come first in their phase, so that the last one tells of it.
 */
export function inOrder(writes: readonly ScheduleWrite[], { desired, live, schedules, quiet, last }: Ordering): PlannedWrite[] {
  const reschedules = !live.paused && desired.paused !== true && schedules.hasActive
  const reschedulesWhenUndone = !live.paused && live.schedules.some(({ active }) => active)
  const undone = (write: ScheduleWrite) => ({ ...write.undo, reschedules: reschedulesWhenUndone })
  const all = [
    ...quiet.map((write): PlannedWrite => ({ ...write, reschedules: false, undo: undone(write) })),
    ...writes.map((write): PlannedWrite => ({ ...write, reschedules, undo: undone(write) })),
  ]
  const ofPhase = (wanted: PlannedWrite['phase']) => all.filter(({ phase }) => phase === wanted)
  return [...ofPhase('reversible'), ...ofPhase('deletion'), ...ofPhase('unpause'), ...last]
}
