import type { Principal } from './identity.ts'
import type { Grant } from './policy-document.ts'
import type { World } from './world.ts'

/** Who calls, and what the account holds. */
export type Call = { readonly world: World; readonly principal: Principal }

/**
 * What the simulator does for one operation. Inputs are checked against the service's model before, answers after;
 * both have timestamps as dates.
 */
export type Operation = {
  /** All that IAM must allow; absent for operations that need no permission. */
  readonly grants?: (input: never, call: Call) => readonly Grant[]
  readonly run: (input: never, call: Call) => object | Promise<object>
}

/** Operations of one service by name. */
export type Operations = Readonly<Record<string, Operation>>

/** Ties the grants of an operation to the same input as its work. */
export function operation<Input>(definition: {
  readonly grants?: (input: Input, call: Call) => readonly Grant[]
  readonly run: (input: Input, call: Call) => object | Promise<object>
}): Operation {
  return definition
}
