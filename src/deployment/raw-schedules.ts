import type { JsonObject } from '../planned.ts'
import type { DeploymentConfig } from './deployment-config.ts'
import { readSchedule } from './schedule.ts'

/**
 * The schedule of the file that a change's path is about, `<label>` or `<label>.<field>`; a label may have dots itself.
 * Without one, all of the path is its label: a schedule that only the server has.
 */
export function findScheduleOf(
  config: DeploymentConfig, path: string,
): { readonly schedule: JsonObject | undefined; readonly index: number; readonly rest: string } {
  const labels = (config.schedules ?? []).map((schedule, index) => readSchedule(schedule, () => config.locationOf(...config.schedulePath(index)), [])?.label)
  const index = labels.findIndex((label) => label !== undefined && (path === label || path.startsWith(`${label}.`)))
  const label = labels[index] ?? path
  return { schedule: config.schedules?.[index], index, rest: path.slice(label.length + 1) }
}
