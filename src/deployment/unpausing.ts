import type { PlannedWrite } from './plan.ts'

/** The last write of all: from here on runs start. */
export function unpausing(options: { readonly reschedules: boolean; readonly reschedulesWhenUndone: boolean }): PlannedWrite {
  return {
    phase: 'unpause',
    request: { kind: 'update-deployment', body: { paused: false } },
    reschedules: options.reschedules,
    undo: { request: { kind: 'update-deployment', body: { paused: true } }, reschedules: options.reschedulesWhenUndone, loses: undefined },
  }
}
