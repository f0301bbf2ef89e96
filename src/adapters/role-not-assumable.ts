import { DeployError } from '../errors.ts'
import type { Json, JsonObject } from '../planned.ts'
import { claimsOf } from './oidc.ts'

type Attempt = { readonly roleArn: string; readonly token: string; readonly durationSeconds: number }

/** Claims that a trust policy may test, as AWS evaluates them; never the whole token. */
const CLAIMS = ['sub', 'aud', 'repository', 'repository_id', 'environment', 'ref', 'job_workflow_ref', 'event_name'] as const

/** A token that was made a moment ago is refused as expired again and again: somebody's clock is wrong. */
export function tokenExpired(error: Error, roleArn: string): DeployError {
  return new DeployError('oidc-failed', `AWS takes this job's new ID tokens for expired and does not give ${roleArn}: ${error.message}`, {
    hint: 'Run the job again; if that does not help, look at githubstatus.com and at health.aws.amazon.com.',
    cause: error,
  })
}

/**
 * What it means that STS does not give the role, with this job's own claims and the condition that would match them;
 * undefined when the error says something else. STS's key fetching errors pass, so they are not among these.
 */
export function roleNotAssumable(error: unknown, { roleArn, token, durationSeconds }: Attempt): DeployError | undefined {
  if (!(error instanceof Error)) return undefined
  const claims = claimsOf(token)
  const refuse = (message: string, hint: string) => new DeployError('role-not-assumable', message, { hint, cause: error })
  if (error.name.startsWith('AccessDenied')) {
    return refuse(`AWS does not let this job assume ${roleArn}. The job's token says ${JSON.stringify(shown(claims))}`, trustHint(claims))
  }
  if (error.name.startsWith('InvalidIdentityToken') && !/retrieve verification key/i.test(error.message)) {
    return refuse(`AWS does not take this job's token for ${roleArn}: ${error.message}`, providerHint(claims))
  }
  if (error.name === 'ValidationError' && /DurationSeconds/i.test(error.message)) {
    const hint = 'Lower role-duration-seconds, or raise the role\'s maximum session duration.'
    return refuse(`${roleArn} cannot be assumed for ${durationSeconds} seconds: ${error.message}`, hint)
  }
  return error.name.startsWith('IDPRejectedClaim') ? refuse(`${roleArn}: ${error.message}`, providerHint(claims)) : undefined
}

function shown(claims: JsonObject): JsonObject {
  return Object.fromEntries(CLAIMS.flatMap((claim) => (claims[claim] === undefined ? [] : [[claim, claims[claim]]])))
}

/** By repository id too, which stays when a repository is renamed, and which nobody else can get. */
function trustHint(claims: JsonObject): string {
  const issuer = issuerOf(claims)
  const tested: [string, Json | undefined][] = [['aud', claims.aud], ['sub', claims.sub], ['repository_id', claims.repository_id]]
  const condition = Object.fromEntries(tested.flatMap(([claim, value]) => (value === undefined ? [] : [[`${issuer}:${claim}`, value]])))
  return `Check that the role exists, that its trust policy allows sts:AssumeRoleWithWebIdentity to the OIDC provider ${issuer}, ` +
    `and that its condition matches this job, as this one does: ${JSON.stringify({ StringEquals: condition })}.`
}

function providerHint(claims: JsonObject): string {
  const audience = typeof claims.aud === 'string' ? claims.aud : 'sts.amazonaws.com'
  return `The role's account needs an OIDC identity provider https://${issuerOf(claims)} with the audience ${audience}.`
}

/** The name that conditions have for it: the issuer without its scheme. */
function issuerOf({ iss }: JsonObject): string {
  return typeof iss === 'string' ? iss.replace(/^https?:\/\//, '') : 'token.actions.githubusercontent.com'
}
