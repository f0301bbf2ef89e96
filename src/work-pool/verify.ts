import type { Problem } from '../errors.ts'
import type { WorkPoolPlan } from './plan.ts'

/**
 * What the server did not take of the pools that were written: `write-not-taken`, with the names of the fields.
 * @param again the same pools planned once more, over what the server now holds.
 */
export function poolsNotTaken(written: readonly WorkPoolPlan[], again: readonly WorkPoolPlan[]): Problem[] {
  const names = new Set(written.filter(({ action }) => action !== 'unchanged').map(({ name }) => name))
  return again.filter(({ name, action }) => names.has(name) && action !== 'unchanged').map(({ name, action, changes }) => ({
    code: 'write-not-taken',
    message: action === 'create'
      ? `Work pool ${name} was created and is not there`
      : `Work pool ${name} still differs after the write, the server did not take: ${changes.map(({ path }) => path).join(', ')}`,
    hint: 'The server may be too old for the field, or somebody changed the pool at the same time: run again.',
  }))
}
