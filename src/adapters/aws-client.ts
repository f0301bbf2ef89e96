import { NodeHttpHandler } from '@smithy/node-http-handler'
import type { AwsCredentialIdentityProvider } from '@smithy/types'
import { HttpsProxyAgent } from 'https-proxy-agent'
import { DeployError, messageOf } from '../errors.ts'
import { missingStatement } from '../policy-statements.ts'

/** What all AWS clients of a release share. */
export type AwsSettings = {
  readonly region: string
  /** Absent: the SDK's own chain, as for the ambient credentials of a job. */
  readonly credentials: AwsCredentialIdentityProvider | undefined
  /** The proxy that a URL is reached through, if any: what HTTPS_PROXY, HTTP_PROXY and NO_PROXY say. */
  readonly proxyFor?: (url: URL) => URL | undefined
}

/** The call that failed: its operation as IAM names the action, `ecr:BatchGetImage`, and what it was about, `repository flows`. */
export type AwsCall = { readonly operation: string; readonly resource: string }

/**
 * Four attempts, the SDK's default span under two seconds: too short for ECS, which refills its write bucket with
 * one token a second.
 */
const MAX_ATTEMPTS = 8
const CONNECTION_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 60_000
const TIMEOUTS = { connectionTimeout: CONNECTION_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS, throwOnRequestTimeout: true }

/** Configuration of any `@aws-sdk` client. */
export function clientConfiguration({ region, credentials, proxyFor }: AwsSettings) {
  return {
    region,
    ...(credentials !== undefined && { credentials }),
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: proxyFor === undefined ? new NodeHttpHandler(TIMEOUTS) : new ProxyingHandler(proxyFor),
  }
}

/**
 * What a failed call means to the user: `aws-access-denied` names the missing action and resource in AWS's own words,
 * `aws-credentials-missing` that there are none, `aws-request-failed` that they expired, that AWS was not reached or
 * said no. A DeployError, and what neither AWS nor the network said, comes back as it is. The names of service errors
 * that mean something to the caller (`RepositoryNotFoundException`) are to be looked at before.
 */
export function translateAwsError(error: unknown, call: AwsCall): Error {
  if (!isError(error)) return new Error(messageOf(error))
  if (error instanceof DeployError) return error
  if (ACCESS_DENIED.test(error.name)) return accessDenied(error, call)
  if (error.name === 'CredentialsProviderError') return credentialsMissing(error, call)
  if (EXPIRED.test(error.name)) return expired(error, call)
  if (isServiceError(error)) return failed(error, call, `${error.name}: ${error.message}`, 'These are AWS\'s words; mend what they name.')
  if (isNetworkError(error)) return failed(error, call, networkWords(error), 'Check the region, the network and the proxy, then run again.')
  return error
}

const ACCESS_DENIED = /^(AccessDenied|UnauthorizedOperation|NotAuthorized)/
const EXPIRED = /^(ExpiredToken|RequestExpired)/
const NETWORK = /^(E[A-Z]{4,}|UND_ERR_\w+|CERT_\w+|DEPTH_ZERO_\w+|SELF_SIGNED_\w+|UNABLE_TO_\w+)$/

/**
 * AWS says: "User: <arn> is not authorized to perform: <action> on resource: <arn> because <reason>", with all after
 * the action optional.
 */
function accessDenied(error: Error, { operation, resource }: AwsCall): DeployError {
  const [, action = operation, denied = resource] = /to perform: ([\w-]+:\w+)(?: on resource: (\S+))?/.exec(error.message) ?? []
  const who = /User: (\S+)/.exec(error.message)?.[1] ?? 'the credentials'
  const why = /because (.+)$/s.exec(error.message)?.[1]
  return new DeployError('aws-access-denied', `AWS does not let ${who} do ${action} on ${denied}${why === undefined ? '' : `: ${why}`}`, {
    hint: missingStatement(action),
    cause: error,
  })
}

function credentialsMissing(error: Error, { operation, resource }: AwsCall): DeployError {
  return new DeployError('aws-credentials-missing', `There are no AWS credentials for ${operation} (${resource}): ${error.message}`, {
    hint: 'Set role-to-assume, or configure AWS credentials in an earlier step.',
    cause: error,
  })
}

function expired(error: Error, call: AwsCall): DeployError {
  const hint = 'Set role-to-assume, so that they are renewed, or let them last longer than the job.'
  return failed(error, call, `the AWS credentials have expired (${error.message})`, hint)
}

function failed(error: Error, { operation, resource }: AwsCall, what: string, hint: string): DeployError {
  return new DeployError('aws-request-failed', `${operation} failed for ${resource}: ${what}`, { hint, cause: error })
}

/** By its shape: an error of another realm, as under a test runner, is no instance of this one's Error. */
function isError(error: unknown): error is Error {
  return typeof error === 'object' && error !== null && 'name' in error && 'message' in error
}

function isServiceError(error: Error): boolean {
  return '$fault' in error && '$metadata' in error
}

function isNetworkError(error: Error): boolean {
  return error.name === 'TimeoutError' || NETWORK.test(codeOf(error))
}

/** Several addresses tried in vain are one AggregateError without words. */
function networkWords(error: Error): string {
  return error.message === '' ? codeOf(error) : error.message
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : ''
}

type Handle = NodeHttpHandler['handle']

/** Node's own agents know no proxies; which one applies depends on the host of each request (NO_PROXY). */
class ProxyingHandler extends NodeHttpHandler {
  readonly #proxyFor: (url: URL) => URL | undefined
  readonly #proxied = new Map<string, NodeHttpHandler>()

  constructor(proxyFor: (url: URL) => URL | undefined) {
    super(TIMEOUTS)
    this.#proxyFor = proxyFor
  }

  override handle(...[request, options]: Parameters<Handle>): ReturnType<Handle> {
    const port = request.port === undefined ? '' : `:${request.port}`
    const proxy = this.#proxyFor(new URL(`${request.protocol}//${request.hostname}${port}`))
    return proxy === undefined ? super.handle(request, options) : this.#through(proxy.href).handle(request, options)
  }

  override destroy(): void {
    super.destroy()
    for (const handler of this.#proxied.values()) handler.destroy()
  }

  #through(proxy: string): NodeHttpHandler {
    const known = this.#proxied.get(proxy)
    if (known !== undefined) return known
    const agent = new HttpsProxyAgent(proxy, { keepAlive: true })
    const handler = new NodeHttpHandler({ ...TIMEOUTS, httpAgent: agent, httpsAgent: agent })
    this.#proxied.set(proxy, handler)
    return handler
  }
}
