import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { ECSClient, DescribeServicesCommand, ListTaskDefinitionsCommand } from '@aws-sdk/client-ecs'
import { AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import type { AssumeRoleWithWebIdentityRequest } from '@aws-sdk/client-sts'
import { trustPolicy } from '../../sandbox/aws/policies.ts'
import { verifyWebIdentity } from '../../sandbox/aws/web-identity.ts'
import type { TestAccount, TokenOptions } from './aws-account.ts'
import { EVERYTHING, ISSUER, region, startAccount } from './aws-account.ts'

const ROLE = 'arn:aws:iam::123456789012:role/plan'

let account: TestAccount

beforeAll(async () => {
  account = await startAccount()
})

beforeEach(async () => {
  await account.control.reset()
  const trust = trustPolicy('123456789012', { owner: 'o', ownerId: '1', name: 'r', id: '2' }, ['pull_request'])
  await account.control.createRole({ name: 'plan', trustPolicy: trust, policy: EVERYTHING })
})

afterAll(async () => {
  await account.stop()
})

async function assume(token: TokenOptions = {}, request: Partial<AssumeRoleWithWebIdentityRequest> = {}) {
  const sts = new STSClient({
    region,
    endpoint: account.url,
    maxAttempts: 1,
    credentials: { accessKeyId: 'unused', secretAccessKey: 'unused' },
  })
  const WebIdentityToken = await account.token(token)
  return sts.send(new AssumeRoleWithWebIdentityCommand({ RoleArn: ROLE, RoleSessionName: 'run-1', WebIdentityToken, ...request }))
}

async function session(request: Partial<AssumeRoleWithWebIdentityRequest> = {}) {
  const {
    AccessKeyId: accessKeyId = '',
    SecretAccessKey: secretAccessKey = '',
    SessionToken: sessionToken = '',
  } = (await assume({}, request)).Credentials ?? {}
  return { region, endpoint: account.url, maxAttempts: 1, credentials: { accessKeyId, secretAccessKey, sessionToken } }
}

describe('a web identity token', () => {
  it('opens a session of the role that trusts it', async () => {
    const identity = await new STSClient(await session()).send(new GetCallerIdentityCommand({}))

    expect(identity).toMatchObject({ Account: '123456789012', Arn: 'arn:aws:sts::123456789012:assumed-role/plan/run-1' })
    expect(identity.UserId).toMatch(/^AROA[A-Z2-7]{16}:run-1$/)
  })

  it('opens a session for as long as is asked for', async () => {
    const { Credentials } = await assume({}, { DurationSeconds: 900 })

    const seconds = ((Credentials?.Expiration?.getTime() ?? 0) - Date.now()) / 1000

    expect(Math.abs(seconds - 900)).toBeLessThan(30)
  })

  it.each<[string, TokenOptions, object]>([
    [
      'of another issuer',
      { issuer: 'https://other.example' },
      { name: 'InvalidIdentityTokenException', message: 'No OpenIDConnect provider found in your account for https://other.example' },
    ],
    ['for another audience', { audience: 'other' }, { name: 'InvalidIdentityTokenException', message: 'Incorrect token audience' }],
    ['with another signature', { forged: true }, { name: 'InvalidIdentityTokenException', message: 'Token signature invalid' }],
    ['that has expired', { expires: '-1m' }, { name: 'ExpiredTokenException', message: expect.stringMatching('^Token expired') }],
    [
      'of another subject',
      { claims: { sub: 'repo:o/r:ref:refs/heads/main' } },
      { name: 'AccessDenied', message: 'Not authorized to perform sts:AssumeRoleWithWebIdentity' },
    ],
    [
      'of another repository',
      { claims: { repository_id: '3' } },
      { name: 'AccessDenied', $metadata: expect.objectContaining({ httpStatusCode: 403 }) },
    ],
  ])('%s is refused', async (_what, token, error) => {
    await expect(assume(token)).rejects.toMatchObject(error)
  })

  it.each<[string, Partial<AssumeRoleWithWebIdentityRequest>, object]>([
    ['a role that does not exist', { RoleArn: 'arn:aws:iam::123456789012:role/none' }, { name: 'AccessDenied' }],
    ['longer than the role allows', { DurationSeconds: 7200 }, { message: expect.stringMatching('exceeds the MaxSessionDuration') }],
    ['less than STS allows', { DurationSeconds: 60 }, { name: 'ValidationError' }],
    [
      'a session name with a space',
      { RoleSessionName: 'run 1' },
      { name: 'ValidationError', message: expect.stringMatching("'RoleSessionName'") },
    ],
    [
      'something that is no token',
      { WebIdentityToken: 'no-token' },
      { name: 'InvalidIdentityTokenException', message: expect.stringMatching('not a valid JWT') },
    ],
  ])('does not give %s', async (_what, request, error) => {
    await expect(assume({}, request)).rejects.toMatchObject(error)
  })

  it('may be for another audience once the provider is registered with it', async () => {
    await account.control.allowAudience('other')

    await expect(assume({ audience: 'other' })).rejects.toMatchObject({ name: 'AccessDenied' })
  })
})

describe('an identity provider', () => {
  const provider = { url: ISSUER, audiences: new Set(['sts.amazonaws.com']) }

  it('that does not answer is a communication error', async () => {
    const verification = verifyWebIdentity(await account.token(), { ...provider, jwksUrl: 'http://127.0.0.1:1/jwks' })

    await expect(verification).rejects.toMatchObject({ code: 'IDPCommunicationError' })
  })

  it('that answers without keys has no key to verify with', async () => {
    const verification = verifyWebIdentity(await account.token(), { ...provider, jwksUrl: account.url })

    await expect(verification).rejects.toMatchObject({
      code: 'InvalidIdentityToken',
      message: expect.stringMatching("^Couldn't retrieve verification key from your identity provider"),
    })
  })
})

describe('a signed request', () => {
  const list = new ListTaskDefinitionsCommand({})

  it('is refused when the session has expired', async () => {
    const ecs = new ECSClient(await session())
    await ecs.send(list)

    await account.control.clock({ advance: 3600 })

    await expect(ecs.send(list)).rejects.toMatchObject({ name: 'ExpiredTokenException' })
  })

  it('is refused when all sessions were ended', async () => {
    const ecs = new ECSClient(await session())

    await account.control.expire('sessions')

    await expect(ecs.send(list)).rejects.toMatchObject({ name: 'ExpiredTokenException' })
  })

  it('is refused for another region', async () => {
    const ecs = new ECSClient({ ...(await session()), region: 'us-east-1' })

    await expect(ecs.send(list)).rejects.toMatchObject({
      name: 'InvalidSignatureException',
      message: expect.stringMatching('valid region'),
    })
  })

  it('is refused with another secret', async () => {
    const { credentials, ...configuration } = await session()
    const ecs = new ECSClient({ ...configuration, credentials: { ...credentials, secretAccessKey: 'another' } })

    await expect(ecs.send(list)).rejects.toMatchObject({ name: 'InvalidSignatureException' })
  })

  it('is refused without the session token', async () => {
    const { credentials, ...configuration } = await session()
    const { accessKeyId, secretAccessKey } = credentials
    const ecs = new ECSClient({ ...configuration, credentials: { accessKeyId, secretAccessKey } })

    await expect(ecs.send(list)).rejects.toMatchObject({ name: 'UnrecognizedClientException' })
  })

  it('is refused without a signature', async () => {
    const headers = { 'x-amz-target': 'AmazonEC2ContainerServiceV20141113.ListTaskDefinitions' }
    const response = await fetch(account.url, { method: 'POST', headers, body: '{}' })

    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({ __type: 'MissingAuthenticationTokenException', message: 'Missing Authentication Token' })
  })

  it('is bound by a session policy', async () => {
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'ecr:*', Resource: '*' }] })
    const ecs = new ECSClient(await session({ Policy }))

    await expect(ecs.send(list)).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringMatching('no session policy allows'),
    })
  })

  it('is denied in the words of AWS when the policy does not allow it', async () => {
    const nothing = { Version: '2012-10-17' as const, Statement: [] }
    const ecs = new ECSClient(await account.client(nothing))

    await expect(ecs.send(new DescribeServicesCommand({ cluster: 'main', services: ['worker'] }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message:
        'User: arn:aws:iam::123456789012:user/user is not authorized to perform: ecs:DescribeServices on resource: ' +
        'arn:aws:ecs:eu-central-1:123456789012:service/main/worker because no identity-based policy allows the ecs:DescribeServices action',
    })
  })
})

describe('what was given out', () => {
  it('is known, so that a leak can be searched for', async () => {
    const { credentials } = await session()

    expect(await account.control.issued()).toEqual(expect.arrayContaining([credentials.secretAccessKey, credentials.sessionToken]))
  })
})
