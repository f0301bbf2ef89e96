import type { NOT_RESTORED } from '../../src/deployment/not-restored.ts'

/** What the action itself says that no request can restore. */
export type Loss = keyof typeof NOT_RESTORED

/** Whether something of an object need not be as it was, or as it was to be. */
export type Forgives = (loss: Loss | 'late-runs', owner: string) => boolean

/**
 * To whom in the scene it happens, by name, and to nobody else: each of these is a difference that the check sees when
 * it is not forgiven. Times, and the ids of runs that a schedule has made for later, are compared nowhere.
 */
export const LOSSES: Readonly<Record<Loss, readonly string[]>> = {
  'run-ids': ['sales-report/removed'],
  'schedule-id': ['sales-report/removed: removed'],
  'no-slug': ['sales-report/adopted'],
  'limit-slots': ['import-orders/unlimited'],
  'automation-id': ['changed trigger', 'removed trigger'],
  references: ['sales-report/shared'],
  'created-flows': ['retention'],
  'created-queues': ['heavy'],
  updated: [],
  // Only Prefect Cloud has them.
  'deployment-versions': [],
  slas: [],
  // No worker starts one here.
  'started-runs': [],
}

export const forgivesAll: Forgives = (loss, owner) => loss !== 'late-runs' && LOSSES[loss].includes(owner)

/**
 * Late runs that the server deletes along with a schedule, too: they are not there when the server refuses to make
 * them again, of which the log warns, or when the release is killed before it has done so (docs/restoring.md).
 */
export const forgivesLateRuns: Forgives = (loss, owner) => forgivesAll(loss === 'late-runs' ? 'run-ids' : loss, owner)

/** All that happens, but one. */
export function forgivesAllBut(one: Loss): Forgives {
  return (loss, owner) => loss !== one && forgivesAll(loss, owner)
}
