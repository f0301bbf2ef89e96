import { CommonError } from './error.ts'
import type { Principal } from './identity.ts'
import type { Grant } from './policy-document.ts'
import { evaluate } from './policy-document.ts'

/** @throws CommonError in AWS's words at the first grant that the caller's policies do not give. */
export function authorize(principal: Principal, grants: readonly Grant[]): void {
  for (const grant of grants) {
    const reason = refusal(principal, grant)
    if (reason !== undefined) throw new CommonError('accessDenied', reason)
  }
}

/** Why a call is denied, as AWS says it; undefined when it is allowed. */
export function refusal({ arn, identity, sessionPolicy }: Principal, grant: Grant): string | undefined {
  const denial = `User: ${arn} is not authorized to perform: ${grant.action} on resource: ${grant.resource}`
  for (const [kind, policy] of [
    ['an identity-based', identity.policy],
    ['a session', sessionPolicy],
  ] as const) {
    const verdict = policy === undefined ? 'allowed' : evaluate(policy, grant)
    if (verdict === 'denied') return `${denial} with an explicit deny in ${kind} policy`
    if (verdict === 'not allowed') return `${denial} because no ${kind.replace(/^an? /, '')} policy allows the ${grant.action} action`
  }
  return undefined
}
