import type { Planned } from '../planned.ts'
import type { PlannedWrite } from './planned-writes.ts'

export type Unpausing = {
  /** Of a deployment that this action has created: with these it is complete, see {@link withMark}. */
  readonly tags?: { readonly complete: Planned; readonly marked: Planned }
  readonly reschedules: boolean
  readonly reschedulesWhenUndone: boolean
}

/** The last write of all: from here on runs start. */
export function unpausing({ tags, reschedules, reschedulesWhenUndone }: Unpausing): PlannedWrite {
  return {
    phase: 'unpause',
    request: { kind: 'update-deployment', body: { ...(tags !== undefined && { tags: tags.complete }), paused: false } },
    reschedules,
    undo: {
      request: { kind: 'update-deployment', body: { ...(tags !== undefined && { tags: tags.marked }), paused: true } },
      reschedules: reschedulesWhenUndone,
      loses: undefined,
    },
  }
}
