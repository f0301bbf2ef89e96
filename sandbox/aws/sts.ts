import type { AssumeRoleWithWebIdentityRequest, AssumeRoleWithWebIdentityResponse, GetCallerIdentityResponse } from '@aws-sdk/client-sts'
import type { JWTPayload } from 'jose'
import { AwsError, CommonError } from './error.ts'
import type { Role } from './identity.ts'
import { openSession } from './identity.ts'
import type { Operations } from './operation.ts'
import { operation } from './operation.ts'
import type { Context, PolicyDocument } from './policy-document.ts'
import { checkPolicy, evaluate } from './policy-document.ts'
import { verifyWebIdentity } from './web-identity.ts'
import type { World } from './world.ts'

/** GitHub's issuer; trust policies name its claims by this host, wherever the sandbox's issuer answers. */
const GITHUB = 'token.actions.githubusercontent.com'

/** STS for an account with one identity provider. */
export function stsOperations(issuer: { readonly url: string; readonly jwksUrl: string }): Operations {
  return {
    AssumeRoleWithWebIdentity: operation({
      async run(request: AssumeRoleWithWebIdentityRequest, { world }): Promise<AssumeRoleWithWebIdentityResponse> {
        const claims = await verifyWebIdentity(request.WebIdentityToken ?? '', { ...issuer, audiences: world.audiences })
        return assume(world, request, claims)
      },
    }),
    GetCallerIdentity: operation({
      run(_request: object, { world, principal }): GetCallerIdentityResponse {
        return { UserId: principal.userId, Account: world.account.id, Arn: principal.arn }
      },
    }),
  }
}

function assume(world: World, request: AssumeRoleWithWebIdentityRequest, claims: JWTPayload): AssumeRoleWithWebIdentityResponse {
  const role = world.roles.get(request.RoleArn ?? '')
  if (role === undefined || !trusts(world, role, claims)) {
    throw new CommonError('accessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity')
  }
  const seconds = request.DurationSeconds ?? 3600
  if (seconds > role.maxSessionDuration) {
    throw new CommonError('validation', 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.')
  }
  const policy = sessionPolicy(request.Policy)
  const credential = openSession(world, role, { name: request.RoleSessionName ?? '', seconds, ...(policy !== undefined && { policy }) })
  return {
    Credentials: {
      AccessKeyId: credential.accessKeyId,
      SecretAccessKey: credential.secretAccessKey,
      SessionToken: credential.session.token,
      Expiration: credential.session.expiration,
    },
    SubjectFromWebIdentityToken: claims.sub,
    AssumedRoleUser: { AssumedRoleId: credential.principal.userId, Arn: credential.principal.arn },
    Provider: providerArn(world),
    Audience: String(claims.aud),
  }
}

function trusts(world: World, { trustPolicy }: Role, claims: JWTPayload): boolean {
  const Statement = trustPolicy.Statement.filter(({ Principal }) => Principal?.Federated === providerArn(world))
  const grant = { action: 'sts:AssumeRoleWithWebIdentity', resource: '*', context: claimContext(claims) }
  return evaluate({ Version: '2012-10-17', Statement }, grant) === 'allowed'
}

/** Each claim that is text, as the condition key it has in a trust policy. */
function claimContext(claims: JWTPayload): Context {
  const texts = Object.entries(claims).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  return Object.fromEntries(texts.map(([claim, value]) => [`${GITHUB}:${claim}`, value]))
}

function sessionPolicy(text: string | undefined): PolicyDocument | undefined {
  if (text === undefined) return undefined
  try {
    const policy = JSON.parse(text) as PolicyDocument // checked next
    checkPolicy(policy)
    return policy
  } catch (error) {
    throw new AwsError('MalformedPolicyDocument', `The policy is not in the valid JSON format: ${String(error)}`)
  }
}

function providerArn({ account }: World): string {
  return `arn:aws:iam::${account.id}:oidc-provider/${GITHUB}`
}
