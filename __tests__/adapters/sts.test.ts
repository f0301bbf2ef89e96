import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { startWire } from '../../__fixtures__/aws-wire.ts'
import type { Wire, WireAnswer } from '../../__fixtures__/aws-wire.ts'
import { createFakeClock } from '../../__fixtures__/fake-clock.ts'
import { createFakeLog } from '../../__fixtures__/fake-log.ts'
import { createAwsCredentials } from '../../src/adapters/sts.ts'
import type { CredentialOptions } from '../../src/adapters/sts.ts'

const ROLE = 'arn:aws:iam::123456789012:role/deploy'
const CLAIMS = {
  iss: 'https://token.actions.githubusercontent.com',
  aud: 'sts.amazonaws.com',
  sub: 'repo:org/flows:environment:production',
  repository: 'org/flows',
  repository_id: '42',
  environment: 'production',
  ref: 'refs/heads/main',
  actor: 'somebody',
}
const AWS_VARIABLES = [
  'AWS_ENDPOINT_URL',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_PROFILE',
  'AWS_SHARED_CREDENTIALS_FILE',
  'AWS_CONFIG_FILE',
  'AWS_EC2_METADATA_DISABLED',
]

const before = Object.fromEntries(AWS_VARIABLES.map((name) => [name, process.env[name]]))
let wire: Wire | undefined

beforeEach(() => {
  for (const name of AWS_VARIABLES) Reflect.deleteProperty(process.env, name)
  Object.assign(process.env, { AWS_EC2_METADATA_DISABLED: 'true', AWS_SHARED_CREDENTIALS_FILE: '/dev/null', AWS_CONFIG_FILE: '/dev/null' })
})

afterEach(async () => {
  for (const [name, value] of Object.entries(before)) {
    if (value === undefined) Reflect.deleteProperty(process.env, name)
    else process.env[name] = value
  }
  await wire?.close()
  wire = undefined
})

type Answers = {
  readonly token?: (attempt: number) => WireAnswer
  readonly assume?: (attempt: number) => WireAnswer
  readonly identify?: () => WireAnswer
}

function tokenOf(attempt: number): string {
  const payload = Buffer.from(JSON.stringify({ ...CLAIMS, jti: attempt })).toString('base64url')
  return `header.${payload}.signature`
}

const XMLNS = 'xmlns="https://sts.amazonaws.com/doc/2011-06-15/"'
const xml = (operation: string, result: string): WireAnswer => ({
  body: `<${operation}Response ${XMLNS}><${operation}Result>${result}</${operation}Result></${operation}Response>`,
})
const stsError = (code: string, message: string, status = 400): WireAnswer => ({
  status,
  body: `<ErrorResponse ${XMLNS}><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
})
const session = (attempt: number, expiration = '2026-11-24T11:00:00Z') =>
  xml(
    'AssumeRoleWithWebIdentity',
    `<Credentials><AccessKeyId>ASIA${attempt}</AccessKeyId><SecretAccessKey>secret-${attempt}</SecretAccessKey>` +
      `<SessionToken>session-${attempt}</SessionToken><Expiration>${expiration}</Expiration></Credentials>`,
  )
const identity = () =>
  xml('GetCallerIdentity', `<Arn>arn:aws:sts::123456789012:assumed-role/deploy/1</Arn><UserId>A</UserId><Account>123456789012</Account>`)

async function arrange(answers: Answers = {}, overrides: Partial<CredentialOptions> = {}) {
  const {
    token = (attempt: number) => ({ body: { count: 1, value: tokenOf(attempt) } }),
    assume = (attempt: number) => session(attempt),
    identify = identity,
  } = answers
  const started: Wire = await startWire((request) => {
    if (request.operation === '/token') return token(started.of('/token').length)
    if (request.operation === 'AssumeRoleWithWebIdentity') return assume(started.of('AssumeRoleWithWebIdentity').length)
    return request.operation === 'GetCallerIdentity' ? identify() : undefined
  })
  wire = started
  process.env.AWS_ENDPOINT_URL = started.url
  const [clock, log] = [createFakeClock(), createFakeLog()]
  const options: CredentialOptions = {
    region: 'eu-central-1',
    roleToAssume: ROLE,
    sessionName: '7-org-flows',
    durationSeconds: 3600,
    audience: undefined,
    oidc: { requestUrl: `${started.url}/token?api-version=2.0`, requestToken: 'request-token' },
    log,
    clock,
    ...overrides,
  }
  return { wire: started, clock, log, ...createAwsCredentials(options) }
}

async function provide({ credentials }: { credentials: ReturnType<typeof createAwsCredentials>['credentials'] }) {
  if (credentials === undefined) throw new Error('No role was to be assumed')
  return credentials()
}

describe("assuming a role with this job's token", () => {
  it('asks GitHub for a token with the audience, and STS for the session', async () => {
    const { wire, ...rest } = await arrange()

    await expect(provide(rest)).resolves.toMatchObject({ accessKeyId: 'ASIA1', secretAccessKey: 'secret-1', sessionToken: 'session-1' })
    expect(wire.requests).toMatchObject([
      { url: '/token?api-version=2.0&audience=sts.amazonaws.com', headers: { authorization: 'Bearer request-token' } },
      { body: { RoleArn: ROLE, RoleSessionName: '7-org-flows', DurationSeconds: '3600', WebIdentityToken: tokenOf(1) } },
    ])
    expect(wire.requests[1]?.headers.authorization).toBeUndefined()
  })

  it('masks the tokens and the secrets before they are used, never the account', async () => {
    const { log, ...rest } = await arrange()

    await provide(rest)

    expect(log.masked).toEqual(['request-token', tokenOf(1), 'secret-1', 'session-1'])
  })

  it.each([
    ['cn-north-1', undefined, 'sts.amazonaws.com.cn'],
    ['eu-central-1', 'https://example.com/a&b', 'https%3A%2F%2Fexample.com%2Fa%26b'],
  ])('in %s with the audience %s asks for %s', async (region, audience, expected) => {
    const { wire, ...rest } = await arrange({}, { region, audience })

    await provide(rest)

    expect(wire.of('/token')[0]?.url).toContain(`&audience=${expected}`)
  })

  it('asks once, however many clients need credentials', async () => {
    const { wire, credentials } = await arrange()

    await Promise.all([provide({ credentials }), provide({ credentials })])
    await provide({ credentials })

    expect(wire.requests).toHaveLength(2)
  })

  it('renews them before they expire, with a new token', async () => {
    const { wire, clock, credentials } = await arrange({
      assume: (attempt) => session(attempt, attempt === 1 ? '2026-11-24T11:00:00Z' : '2026-11-24T12:00:00Z'),
    })
    await provide({ credentials })
    await clock.sleep(53 * 60_000)
    await expect(provide({ credentials })).resolves.toMatchObject({ accessKeyId: 'ASIA1' })
    await clock.sleep(60_000)

    await expect(provide({ credentials })).resolves.toMatchObject({ accessKeyId: 'ASIA2' })
    expect(wire.of('AssumeRoleWithWebIdentity').map(({ body }) => body.WebIdentityToken)).toEqual([tokenOf(1), tokenOf(2)])
  })

  it('asks again after a failure', async () => {
    const { credentials } = await arrange({ assume: (attempt) => (attempt === 1 ? stsError('AccessDenied', 'no', 403) : session(attempt)) })

    await expect(provide({ credentials })).rejects.toThrow()
    await expect(provide({ credentials })).resolves.toMatchObject({ accessKeyId: 'ASIA2' })
  })

  it.each([
    ['STS cannot reach GitHub', stsError('IDPCommunicationError', 'An error occurred when trying to reach the identity provider')],
    ["STS cannot fetch GitHub's keys", stsError('InvalidIdentityToken', "Couldn't retrieve verification key from your identity provider")],
    ['STS throttles', stsError('Throttling', 'Rate exceeded')],
    ['STS is down', stsError('ServiceUnavailable', 'down', 503)],
    ['the token has expired meanwhile', stsError('ExpiredTokenException', 'Token must not be expired')],
  ])('tries again with a fresh token when %s', async (_, failure) => {
    const { wire, clock, log, credentials } = await arrange({ assume: (attempt) => (attempt < 3 ? failure : session(attempt)) })

    await expect(provide({ credentials })).resolves.toMatchObject({ accessKeyId: 'ASIA3' })
    expect(wire.of('AssumeRoleWithWebIdentity').map(({ body }) => body.WebIdentityToken)).toEqual([tokenOf(1), tokenOf(2), tokenOf(3)])
    expect(clock.waits).toHaveLength(2)
    expect(log.lines).toHaveLength(2)
  })

  it('gives up after eight tries, with what STS says', async () => {
    const { wire, credentials } = await arrange({ assume: () => stsError('IDPCommunicationError', 'unreachable') })

    await expect(provide({ credentials })).rejects.toThrow(
      expect.objectContaining({ code: 'aws-request-failed', message: expect.stringContaining('unreachable') }),
    )
    expect(wire.of('AssumeRoleWithWebIdentity')).toHaveLength(8)
  })

  it('says whose fault it is not, when STS takes even new tokens for expired', async () => {
    const { credentials } = await arrange({ assume: () => stsError('ExpiredTokenException', 'Token expired') })

    await expect(provide({ credentials })).rejects.toThrow(
      expect.objectContaining({ code: 'oidc-failed', message: expect.stringContaining('new ID tokens for expired') }),
    )
  })
})

describe('a role that this job may not assume', () => {
  it("is an error with the job's own claims and a condition that matches them, never with the token", async () => {
    const { wire, credentials } = await arrange({
      assume: () => stsError('AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity', 403),
    })

    const error = await provide({ credentials }).catch((thrown: unknown) => thrown)

    expect(error).toMatchObject({
      code: 'role-not-assumable',
      message: `AWS does not let this job assume ${ROLE}. The job's token says ${JSON.stringify({
        sub: CLAIMS.sub,
        aud: CLAIMS.aud,
        repository: 'org/flows',
        repository_id: '42',
        environment: 'production',
        ref: 'refs/heads/main',
      })}`,
      hint: expect.stringContaining(
        JSON.stringify({
          StringEquals: {
            'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com',
            'token.actions.githubusercontent.com:sub': 'repo:org/flows:environment:production',
            'token.actions.githubusercontent.com:repository_id': '42',
          },
        }),
      ),
    })
    expect(JSON.stringify(error) + String(error)).not.toContain('signature')
    expect(wire.of('AssumeRoleWithWebIdentity')).toHaveLength(1)
  })

  it.each([
    [
      'has no provider for GitHub',
      stsError('InvalidIdentityToken', 'No OpenIDConnect provider found in your account'),
      'needs an OIDC identity provider https://token.actions.githubusercontent.com',
    ],
    ['expects another audience', stsError('InvalidIdentityToken', 'Incorrect token audience'), 'with the audience sts.amazonaws.com'],
    [
      'has shorter sessions',
      stsError('ValidationError', 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.'),
      'Lower role-duration-seconds',
    ],
  ])('is an error that says what to do when it %s', async (_, failure, hint) => {
    const { credentials } = await arrange({ assume: () => failure })

    await expect(provide({ credentials })).rejects.toThrow(
      expect.objectContaining({ code: 'role-not-assumable', hint: expect.stringContaining(hint) }),
    )
  })

  it('is not blamed for a token that is not a JWT', async () => {
    const { credentials } = await arrange({
      token: () => ({ body: { value: 'opaque' } }),
      assume: () => stsError('AccessDenied', 'no', 403),
    })

    await expect(provide({ credentials })).rejects.toThrow(
      expect.objectContaining({ code: 'role-not-assumable', message: expect.stringContaining('{}') }),
    )
  })
})

describe('a job without a token', () => {
  it('is told which permission is missing, and that forks have none', async () => {
    const { account, wire } = await arrange({}, { oidc: undefined })

    await expect(account.identify()).rejects.toThrow(
      expect.objectContaining({
        code: 'oidc-not-permitted',
        hint: expect.stringMatching(/id-token: write.*forks.*Dependabot/),
      }),
    )
    expect(wire.requests).toHaveLength(0)
  })

  it('is told at once when GitHub refuses', async () => {
    const { credentials, wire } = await arrange({ token: () => ({ status: 403, body: {} }) })

    await expect(provide({ credentials })).rejects.toThrow(
      expect.objectContaining({
        code: 'oidc-failed',
        message: expect.stringContaining('answered 403'),
        hint: expect.stringContaining('id-token: write'),
      }),
    )
    expect(wire.of('/token')).toHaveLength(1)
  })

  it('waits while GitHub is down, and goes on when it is back', async () => {
    const { credentials } = await arrange({
      token: (attempt) => (attempt < 3 ? { status: 500, body: {} } : { body: { value: tokenOf(attempt) } }),
    })

    await expect(provide({ credentials })).resolves.toMatchObject({ accessKeyId: 'ASIA1' })
  })

  it('is told when GitHub stays down', async () => {
    const { credentials, wire } = await arrange({ token: () => ({ status: 503, body: {} }) })

    await expect(provide({ credentials })).rejects.toThrow(
      expect.objectContaining({ code: 'oidc-failed', message: expect.stringContaining('answered 503') }),
    )
    expect(wire.of('/token')).toHaveLength(5)
  })

  it('is told when GitHub is not reached', async () => {
    const { credentials } = await arrange({}, { oidc: { requestUrl: 'http://127.0.0.1:1/token?x=1', requestToken: 'x' } })

    await expect(provide({ credentials })).rejects.toThrow(
      expect.objectContaining({ code: 'oidc-failed', message: expect.stringContaining('was not reached') }),
    )
  })

  it.each([
    ['no JSON', 'oops'],
    ['no value', { count: 0 }],
  ])('is told when GitHub answers %s', async (_, body) => {
    const { credentials } = await arrange({ token: () => ({ body }) })

    await expect(provide({ credentials })).rejects.toThrow(
      expect.objectContaining({ code: 'oidc-failed', message: expect.stringContaining('without a token') }),
    )
  })
})

describe('whose credentials they are', () => {
  it('is asked with the session of the role', async () => {
    const { account, wire } = await arrange({ assume: (attempt) => session(attempt, new Date(Date.now() + 3_600_000).toISOString()) })

    await expect(account.identify()).resolves.toEqual({ accountId: '123456789012', arn: 'arn:aws:sts::123456789012:assumed-role/deploy/1' })
    expect(wire.of('GetCallerIdentity')[0]?.headers).toMatchObject({
      authorization: expect.stringContaining('Credential=ASIA1/'),
      'x-amz-security-token': 'session-1',
    })
  })

  it('is asked with the ambient credentials when no role is given', async () => {
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'AKIA1', AWS_SECRET_ACCESS_KEY: 'x' })
    const { account, credentials, wire } = await arrange({}, { roleToAssume: undefined })

    await expect(account.identify()).resolves.toMatchObject({ accountId: '123456789012' })
    expect(credentials).toBeUndefined()
    expect(wire.of('GetCallerIdentity')[0]?.headers.authorization).toContain('Credential=AKIA1/')
  })

  it('cannot be told when there are none', async () => {
    const { account } = await arrange({}, { roleToAssume: undefined })

    await expect(account.identify()).rejects.toThrow(expect.objectContaining({ code: 'aws-credentials-missing' }))
  })

  it('cannot be told when they are not valid', async () => {
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'AKIA1', AWS_SECRET_ACCESS_KEY: 'x' })
    const { account } = await arrange(
      { identify: () => stsError('InvalidClientTokenId', 'The security token included in the request is invalid.', 403) },
      { roleToAssume: undefined },
    )

    await expect(account.identify()).rejects.toThrow(expect.objectContaining({ code: 'aws-request-failed' }))
  })
})
