import type { Change } from '../planned.ts'
import type { DesiredDeployment } from './desired-deployment.ts'
import type { ScheduleWrite } from './schedule-plan.ts'

export type SlaPlan = {
  /** For people only: whether anything changes, Prefect Cloud does not tell. */
  readonly changes: readonly Change[]
  readonly writes: readonly ScheduleWrite[]
}

/**
 * Service level agreements are applied whenever the file speaks of them: Prefect Cloud matches them by name, and cannot be
 * asked which there are. No run is touched, so this alone is no update of the deployment. To put them back is to leave
 * those of the file, which are mostly the same as before.
 */
export function planSlas({ slas }: Pick<DesiredDeployment, 'slas'>): SlaPlan {
  if (slas === undefined) return { changes: [], writes: [] }
  const request = { kind: 'apply-slas', bodies: slas } as const
  return {
    changes: [{ path: 'sla', before: undefined, after: slas }],
    writes: [{ phase: 'unpause', request, undo: { request, loses: 'slas' } }],
  }
}
