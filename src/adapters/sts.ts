import { AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import type { Credentials } from '@aws-sdk/client-sts'
import { isServerError, isThrottlingError, isTransientError } from '@smithy/core/retry'
import type { AwsCredentialIdentity, AwsCredentialIdentityProvider } from '@smithy/types'
import { DeployError, messageOf } from '../errors.ts'
import type { Account, Clock, Log } from '../ports.ts'
import { retry } from '../retry.ts'
import { clientConfiguration, translateAwsError } from './aws-client.ts'
import type { AwsSettings } from './aws-client.ts'
import { requestIdToken } from './oidc.ts'
import type { OidcRoute } from './oidc.ts'
import { roleNotAssumable, tokenExpired } from './role-not-assumable.ts'

export type CredentialOptions = {
  readonly region: string
  /** Role ARN; absent: the job's ambient credentials. */
  readonly roleToAssume: string | undefined
  readonly sessionName: string
  readonly durationSeconds: number
  /** Audience of the ID token; absent: that of the region's partition. */
  readonly audience: string | undefined
  readonly oidc: OidcRoute | undefined
  readonly proxyFor?: AwsSettings['proxyFor']
  readonly log: Log
  readonly clock: Clock
}

export type AwsCredentials = {
  /** Undefined: the SDK's own chain finds the ambient credentials. */
  readonly credentials: AwsCredentialIdentityProvider | undefined
  readonly account: Account
}

/**
 * Credentials that stay in this process: the role is assumed on first use with this job's ID token, and again before
 * they expire. Nothing is exported, and the account id is never masked: a masked output is dropped by the runner.
 */
export function createAwsCredentials(options: CredentialOptions): AwsCredentials {
  const { region, roleToAssume, proxyFor, clock } = options
  const credentials = roleToAssume === undefined ? undefined : renewed(() => assume(options, roleToAssume), clock)
  const settings: AwsSettings = { region, credentials, ...(proxyFor !== undefined && { proxyFor }) }
  return { credentials, account: { identify: () => identify(settings) } }
}

/** The SDK takes credentials for expired five minutes early; a little before that there must be new ones. */
const RENEW_MS = 6 * 60_000

/** One session for all clients, and one request however many of them ask at once. */
function renewed(assumeRole: () => Promise<Session>, clock: Clock): AwsCredentialIdentityProvider {
  let current: Promise<Session> | undefined
  let renewAt = Infinity
  return async () => {
    if (clock.now().getTime() >= renewAt) current = undefined
    current ??= assumeRole().then((session) => {
      renewAt = session.expiration.getTime() - RENEW_MS
      return session
    })
    const pending = current
    return pending.catch((error: unknown) => {
      if (current === pending) current = undefined
      throw error
    })
  }
}

type Session = AwsCredentialIdentity & { readonly expiration: Date }

async function assume(options: CredentialOptions, roleArn: string): Promise<Session> {
  const { clock, log } = options
  return retry(() => assumeOnce(options, roleArn), {
    clock, tries: 8, baseMs: 500, capMs: 8_000, isTransient,
    onRetry: (error) => { log.info(`Assuming ${roleArn} again: ${messageOf(error)}`) },
  }).catch((error: unknown) => {
    if (isExpired(error)) throw tokenExpired(error, roleArn)
    throw translateAwsError(error, { operation: 'sts:AssumeRoleWithWebIdentity', resource: `role ${roleArn}` })
  })
}

/** With an ID token of its own: one that was refused or has waited is not used again. */
async function assumeOnce(options: CredentialOptions, roleArn: string): Promise<Session> {
  const { region, proxyFor, log, clock } = options
  const audience = options.audience ?? (region.startsWith('cn-') ? 'sts.amazonaws.com.cn' : 'sts.amazonaws.com')
  const token = await requestIdToken({ route: options.oidc, audience, log, clock })
  const settings: AwsSettings = { region, credentials: undefined, ...(proxyFor !== undefined && { proxyFor }) }
  const client = new STSClient({ ...clientConfiguration(settings), maxAttempts: 1 })
  try {
    const answer = await client.send(new AssumeRoleWithWebIdentityCommand({
      RoleArn: roleArn, RoleSessionName: options.sessionName, DurationSeconds: options.durationSeconds, WebIdentityToken: token,
    }))
    return sessionOf(answer.Credentials, log)
  } catch (error) {
    throw roleNotAssumable(error, { roleArn, token, durationSeconds: options.durationSeconds }) ?? error
  } finally {
    client.destroy()
  }
}

function sessionOf(wire: Credentials | undefined, log: Log): Session {
  const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken, Expiration: expiration } = wire ?? {}
  if (secretAccessKey !== undefined) log.mask(secretAccessKey)
  if (sessionToken !== undefined) log.mask(sessionToken)
  if (accessKeyId === undefined || secretAccessKey === undefined || sessionToken === undefined || expiration === undefined) {
    throw new DeployError('aws-request-failed', 'sts:AssumeRoleWithWebIdentity answered without credentials')
  }
  return { accessKeyId, secretAccessKey, sessionToken, expiration }
}

/** Reasons that pass; STS gives up on GitHub's keys now and then, and says that the token is invalid. */
function isTransient(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof DeployError) return false
  const keyNotFetched = error.name.startsWith('InvalidIdentityToken') && /retrieve verification key/i.test(error.message)
  const sdkError = error as Parameters<typeof isTransientError>[0] // what these look at may be on any error, or not
  return keyNotFetched || isExpired(error) || isTransientError(sdkError) || isThrottlingError(sdkError) || isServerError(sdkError)
}

function isExpired(error: unknown): error is Error {
  return error instanceof Error && error.name.startsWith('ExpiredToken')
}

async function identify(settings: AwsSettings): Promise<{ accountId: string; arn: string }> {
  const client = new STSClient(clientConfiguration(settings))
  try {
    const { Account: accountId = '', Arn: arn = '' } = await client.send(new GetCallerIdentityCommand({}))
    return { accountId, arn }
  } catch (error) {
    throw translateAwsError(error, { operation: 'sts:GetCallerIdentity', resource: 'the credentials' })
  } finally {
    client.destroy()
  }
}
