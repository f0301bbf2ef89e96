import type { JWTPayload } from 'jose'
import { createLocalJWKSet, errors, jwtVerify } from 'jose'
import { AwsError } from './error.ts'

/** An OIDC identity provider of the account. */
export type IdentityProvider = {
  /** `iss` of its tokens. */
  readonly url: string
  readonly jwksUrl: string
  /** Audiences that the provider is registered with. */
  readonly audiences: ReadonlySet<string>
}

const JWKS_TIMEOUT_MS = 5000

/**
 * Verifies signature, issuer, audience and validity period of a web identity token, by the machine's clock.
 * @returns its claims. @throws AwsError in STS's words.
 */
export async function verifyWebIdentity(token: string, provider: IdentityProvider): Promise<JWTPayload> {
  const keys = await fetchKeys(provider)
  try {
    const { payload } = await jwtVerify(token, keys, { issuer: provider.url, audience: [...provider.audiences], algorithms: ['RS256'] })
    return payload
  } catch (error) {
    throw refusal(error, provider)
  }
}

async function fetchKeys({ jwksUrl }: IdentityProvider): Promise<ReturnType<typeof createLocalJWKSet>> {
  const response = await fetch(jwksUrl, { signal: AbortSignal.timeout(JWKS_TIMEOUT_MS) }).catch(() => undefined)
  if (response === undefined)
    throw new AwsError('IDPCommunicationError', 'Not able to connect to the identity provider to retrieve its keys')
  try {
    return createLocalJWKSet((await response.json()) as Parameters<typeof createLocalJWKSet>[0]) // which checks it
  } catch {
    throw noKey()
  }
}

function refusal(error: unknown, { url }: IdentityProvider): unknown {
  if (error instanceof errors.JWTExpired) {
    return new AwsError('ExpiredTokenException', 'Token expired: current date/time must be before the expiration date/time')
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'iss') return invalid(`No OpenIDConnect provider found in your account for ${error.payload.iss ?? url}`)
    if (error.claim === 'aud') return invalid('Incorrect token audience')
    return invalid(`Token is not valid: ${error.message}`)
  }
  if (error instanceof errors.JWKSNoMatchingKey) return noKey()
  if (error instanceof errors.JWSSignatureVerificationFailed) return invalid('Token signature invalid')
  if (error instanceof errors.JOSEError)
    return invalid('The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)')
  return error
}

function noKey(): AwsError {
  return invalid(
    "Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements",
  )
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidIdentityToken', message)
}
