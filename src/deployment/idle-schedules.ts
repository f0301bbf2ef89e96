import type { PlannedSchedule } from './planned-writes.ts'

/** The schedules of a deployment that is paused: they start nothing, whatever they say themselves. */
export function idle(schedules: readonly PlannedSchedule[]): PlannedSchedule[] {
  return schedules.map((schedule) => ({ ...schedule, active: false }))
}
