import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { signatureOf } from '../../sandbox/aws/sigv4.ts'
import type { TestAccount } from './aws-account.ts'
import { region, startAccount } from './aws-account.ts'

const ECS = 'AmazonEC2ContainerServiceV20141113'

let account: TestAccount

beforeAll(async () => {
  account = await startAccount()
})

afterAll(async () => {
  await account.stop()
})

/** A request that no SDK would send, well signed. */
async function send(target: string, body: string, service = 'ecs') {
  const { credentials } = await account.client()
  const stamp = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
  const signedHeaders = ['host', 'x-amz-date', 'x-amz-target']
  const scope = { accessKeyId: credentials.accessKeyId, date: stamp.slice(0, 8), region, service }
  const headers = { host: new URL(account.url).host, 'x-amz-date': stamp, 'x-amz-target': target }
  const request = { method: 'POST', url: '/', headers, body: Buffer.from(body) }
  const signature = signatureOf(request, { ...scope, signedHeaders, signature: '' }, credentials.secretAccessKey)
  const credential = `${scope.accessKeyId}/${scope.date}/${region}/${service}/aws4_request`
  const authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}`
  const response = await fetch(account.url, { method: 'POST', headers: { ...headers, authorization }, body })
  return { status: response.status, queryError: response.headers.get('x-amzn-query-error'), body: await response.json() }
}

describe('a JSON request', () => {
  it('that is well signed is answered', async () => {
    expect(await send(`${ECS}.ListTaskDefinitions`, '{}')).toMatchObject({ status: 200, body: { taskDefinitionArns: [] } })
  })

  it.each([
    [
      'that is no JSON',
      `${ECS}.ListTaskDefinitions`,
      '{',
      { __type: 'SerializationException', message: 'The request body is not valid JSON' },
    ],
    [
      'with a wrong type',
      `${ECS}.ListTaskDefinitions`,
      '{"maxResults":"1"}',
      { __type: 'SerializationException', message: "'maxResults' is not a integer" },
    ],
    [
      'for an operation that AWS does not have',
      `${ECS}.Fly`,
      '{}',
      { __type: 'UnknownOperationException', message: 'Could not find operation Fly of ecs' },
    ],
    [
      'for one that is not simulated',
      `${ECS}.DeleteCluster`,
      '{"cluster":"main"}',
      { __type: 'UnknownOperationException', message: 'The simulator does not implement ecs:DeleteCluster' },
    ],
    [
      'for a service that is not simulated',
      'Other.Fly',
      '{}',
      { __type: 'UnknownOperationException', message: 'The simulator does not know Other.Fly' },
    ],
  ])('%s is refused', async (_what, target, body, error) => {
    expect(await send(target, body)).toMatchObject({ status: 400, body: error })
  })

  it('signed for another service is refused', async () => {
    expect((await send(`${ECS}.ListTaskDefinitions`, '{}', 'ecr')).body).toMatchObject({ __type: 'InvalidSignatureException' })
  })

  it('for a queue hears that there is none, in the code that SQS clients look for', async () => {
    expect(await send('AmazonSQS.GetQueueUrl', '{"QueueName":"events"}', 'sqs')).toEqual({
      status: 400,
      queryError: 'AWS.SimpleQueueService.NonExistentQueue;Sender',
      body: { __type: 'QueueDoesNotExist', message: 'The specified queue does not exist.' },
    })
  })
})

describe('a query request', () => {
  const post = async (parameters: Record<string, string>) => {
    const response = await fetch(account.url, { method: 'POST', body: new URLSearchParams(parameters) })
    return { status: response.status, body: await response.text() }
  }

  it('without a signature is refused in XML', async () => {
    const { status, body } = await post({ Action: 'GetCallerIdentity', Version: '2011-06-15' })

    expect(status).toBe(403)
    expect(body).toMatch(
      '<Error><Type>Sender</Type><Code>MissingAuthenticationToken</Code><Message>Missing Authentication Token</Message></Error>',
    )
  })

  it.each([
    ['an action that STS does not have', { Action: 'Fly', Version: '2011-06-15' }],
    ['another service', { Action: 'DescribeVpcs', Version: '2016-11-15' }],
  ])('for %s is refused', async (_what, parameters) => {
    expect(await post(parameters)).toMatchObject({ status: 400, body: expect.stringContaining('<Code>InvalidAction</Code>') })
  })

  it('that lacks a parameter names it', async () => {
    const { status, body } = await post({
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: 'arn:aws:iam::123456789012:role/x',
      WebIdentityToken: 'token',
    })

    expect(status).toBe(400)
    expect(body).toMatch('<Code>ValidationError</Code><Message>1 validation error detected: Value at &apos;RoleSessionName&apos;')
  })
})
