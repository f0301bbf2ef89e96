import { HttpClient } from '@actions/http-client'
import { BearerCredentialHandler } from '@actions/http-client/lib/auth'
import { DeployError, messageOf } from '../errors.ts'
import type { Json, JsonObject } from '../planned.ts'
import type { Clock, Log } from '../ports.ts'
import { retry } from '../retry.ts'

/** The runner's token route of a job with `id-token: write`. */
export type OidcRoute = { readonly requestUrl: string; readonly requestToken: string }

export type IdTokenRequest = {
  readonly route: OidcRoute | undefined
  readonly audience: string
  readonly log: Log
  readonly clock: Clock
}

const TIMEOUT_MS = 20_000

/**
 * A new ID token of this job, masked.
 * @throws DeployError `oidc-not-permitted` when the job has no token route, `oidc-failed` when that gives none.
 */
export async function requestIdToken({ route, audience, log, clock }: IdTokenRequest): Promise<string> {
  if (route === undefined) throw notPermitted()
  log.mask(route.requestToken)
  return retry(() => fetchToken(route, audience, log), {
    clock, tries: 5, baseMs: 500, capMs: 5_000,
    isTransient: (error) => error instanceof TransientRouteError,
    onRetry: (error) => { log.info(`Asking for the ID token again: ${messageOf(error)}`) },
  }).catch((error: unknown) => { throw error instanceof TransientRouteError ? failed(messageOf(error), error) : error })
}

/**
 * What a token says of its job, unverified: for messages about our own token only.
 * @returns an empty object when it is not a JWT.
 */
export function claimsOf(token: string): JsonObject {
  try {
    const payload = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Json
    return typeof payload === 'object' && payload !== null && !Array.isArray(payload) ? (payload as JsonObject) : {}
  } catch {
    return {}
  }
}

/** No answer, or one that a later try may change. */
class TransientRouteError extends Error {}

async function fetchToken({ requestUrl, requestToken }: OidcRoute, audience: string, log: Log): Promise<string> {
  const { status, body } = await get(`${requestUrl}&audience=${encodeURIComponent(audience)}`, requestToken)
  if (status === 429 || status >= 500) throw new TransientRouteError(`GitHub's token route answered ${status}`)
  if (status !== 200) throw refused(status)
  const token = tokenIn(body)
  if (token === undefined) throw failed('GitHub\'s token route answered without a token')
  log.mask(token)
  return token
}

async function get(url: string, bearer: string): Promise<{ status: number; body: string }> {
  const options = { allowRedirects: false, allowRetries: false, socketTimeout: TIMEOUT_MS, keepAlive: false }
  const client = new HttpClient('prefect-ecs-deploy', [new BearerCredentialHandler(bearer)], options)
  try {
    const response = await client.get(url)
    return { status: response.message.statusCode ?? 0, body: await response.readBody() }
  } catch (error) {
    throw new TransientRouteError(`GitHub's token route was not reached: ${messageOf(error)}`, { cause: error })
  } finally {
    client.dispose()
  }
}

function tokenIn(body: string): string | undefined {
  try {
    const { value } = JSON.parse(body) as { value?: unknown }
    return typeof value === 'string' && value !== '' ? value : undefined
  } catch {
    return undefined
  }
}

function refused(status: number): DeployError {
  return new DeployError('oidc-failed', `This job got no OIDC token: GitHub's token route answered ${status}`, {
    hint: 'Check that the job, and the workflow that calls it, have "permissions: id-token: write".',
  })
}

function failed(message: string, cause?: unknown): DeployError {
  return new DeployError('oidc-failed', `This job got no OIDC token: ${message}`, {
    hint: 'Run the job again; if that does not help, look at githubstatus.com and at the proxy of the runner.',
    cause,
  })
}

function notPermitted(): DeployError {
  return new DeployError('oidc-not-permitted', 'This job may not ask for an OIDC token, so role-to-assume cannot be assumed', {
    hint: 'Add "permissions: id-token: write" to the job (and to the workflow that calls it). ' +
      'Pull requests from forks and runs of Dependabot never get a token.',
  })
}
