import { DeployError } from '../errors.ts'
import type { InputReader } from './input-reader.ts'
import type { RunContext } from './run-context.ts'

/** Declared in action.yml, built by later versions: set, each is an error instead of being ignored. */
const NOT_AVAILABLE = ['prune'] as const

/** Keeps a problem for every input that is set to what this version does not do. */
export function refuseUnavailable(reader: InputReader): void {
  for (const input of NOT_AVAILABLE) if (reader.text(input) !== undefined) reader.unavailable(input)
}

/**
 * `pull_request_target` has secrets and a write token: code from another repository must not be built with them. A run
 * that does not say whose code it has is refused too.
 * @throws DeployError `unsafe-event`
 */
export function refuseForeignCode({ event, pullRequest }: RunContext): void {
  if (event !== 'pull_request_target' || pullRequest?.isForeign === false) return
  throw new DeployError('unsafe-event', 'pull_request_target would build code from another repository with this repository\'s credentials', {
    hint: 'Use the event pull_request: a fork gets no credentials there, and its plan shows what needs none.',
  })
}
