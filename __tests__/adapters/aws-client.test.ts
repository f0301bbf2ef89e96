import { afterEach, describe, expect, it } from '@jest/globals'
import { DescribeRepositoriesCommand, ECRClient } from '@aws-sdk/client-ecr'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { awsError, startWire } from '../../__fixtures__/aws-wire.ts'
import type { Wire, WireAnswer } from '../../__fixtures__/aws-wire.ts'
import { clientConfiguration, translateAwsError } from '../../src/adapters/aws-client.ts'
import type { AwsSettings } from '../../src/adapters/aws-client.ts'
import { DeployError } from '../../src/errors.ts'

const CALL = { operation: 'ecr:DescribeRepositories', resource: 'repository flows' }
const credentials = () => Promise.resolve({ accessKeyId: 'AKIA', secretAccessKey: 'secret' })
const settings: AwsSettings = { region: 'eu-central-1', credentials }

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

async function answering(answer: WireAnswer): Promise<Wire> {
  const wire = await startWire(() => answer)
  open.push(wire)
  return wire
}

/** What a failing call of a real client becomes. */
async function failureOf(endpoint: string, overrides: object = {}): Promise<Error> {
  const ecr = new ECRClient({ ...clientConfiguration(settings), endpoint, maxAttempts: 1, ...overrides })
  const call = ecr.send(new DescribeRepositoriesCommand({}))
  return call.then(() => new Error('it succeeded'), (error: unknown) => translateAwsError(error, CALL))
}

describe('an endpoint', () => {
  afterEach(() => { Reflect.deleteProperty(process.env, 'AWS_USE_FIPS_ENDPOINT') })

  it.each([['true', true], ['false', false]])('is one of FIPS 140 when the job sets AWS_USE_FIPS_ENDPOINT to %s: %s', async (value, expected) => {
    process.env.AWS_USE_FIPS_ENDPOINT = value
    const ecr = new ECRClient(clientConfiguration({ ...settings, region: 'us-gov-west-1' }))

    const useFips = await ecr.config.useFipsEndpoint()
    expect(useFips).toBe(expected)
    expect(ecr.config.endpointProvider({ Region: 'us-gov-west-1', UseFIPS: useFips, UseDualStack: false }).url.hostname)
      .toMatch(expected ? /ecr-fips\./ : /^api\.ecr\./)
  })
})

describe('what AWS refuses', () => {
  it('names the action and the resource in AWS\'s words', async () => {
    const message = 'User: arn:aws:iam::1:user/u is not authorized to perform: ecr:Other on resource: arn:x with an explicit deny'
    const wire = await answering(awsError('AccessDeniedException', message))

    await expect(failureOf(wire.url)).resolves.toMatchObject({
      code: 'aws-access-denied', message: 'AWS does not let arn:aws:iam::1:user/u do ecr:Other on arn:x',
      hint: expect.stringContaining('Allow ecr:Other'),
    })
  })

  it('names the call where AWS does not', async () => {
    const wire = await answering(awsError('AccessDeniedException', 'Access denied'))

    await expect(failureOf(wire.url)).resolves.toMatchObject({
      code: 'aws-access-denied', message: 'AWS does not let the credentials do ecr:DescribeRepositories on repository flows',
    })
  })

  it('for expired credentials says so', async () => {
    const wire = await answering(awsError('ExpiredTokenException', 'The token is expired'))

    await expect(failureOf(wire.url)).resolves.toMatchObject({
      code: 'aws-request-failed', hint: expect.stringContaining('role-to-assume'),
      message: 'ecr:DescribeRepositories failed for repository flows: the AWS credentials have expired (The token is expired)',
    })
  })

  it('for another reason is told in AWS\'s words', async () => {
    const wire = await answering(awsError('InvalidParameterException', 'Invalid x'))

    await expect(failureOf(wire.url)).resolves.toMatchObject({
      code: 'aws-request-failed', message: 'ecr:DescribeRepositories failed for repository flows: InvalidParameterException: Invalid x',
    })
  })
})

describe('what does not reach AWS', () => {
  // As Node raises them; under jest the SDK would wrap what comes from Node's own realm.
  const failures: [string, Error, string][] = [
    ['refused', Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' }), 'connect ECONNREFUSED 127.0.0.1:1'],
    ['broken', Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }), 'socket hang up'],
    ['to an unknown host', Object.assign(new Error('getaddrinfo ENOTFOUND x'), { code: 'ENOTFOUND' }), 'getaddrinfo ENOTFOUND x'],
    ['that takes too long', Object.assign(new Error('took 60000 ms'), { name: 'TimeoutError' }), 'took 60000 ms'],
    ['refused by every address', Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    ['with a certificate nobody knows', Object.assign(new Error('self-signed'), { code: 'SELF_SIGNED_CERT_IN_CHAIN' }), 'self-signed'],
  ]
  it.each(failures)('is an error of the network: a connection %s', (_, error, words) => {
    expect(translateAwsError(error, CALL)).toMatchObject({
      code: 'aws-request-failed', message: `ecr:DescribeRepositories failed for repository flows: ${words}`, cause: error,
    })
  })

  it('is an error of the credentials when there are none', async () => {
    const error = Object.assign(new Error('Could not load credentials from any providers'), { name: 'CredentialsProviderError' })
    const none = () => Promise.reject(error)

    await expect(failureOf('http://127.0.0.1:1', { credentials: none })).resolves.toMatchObject({
      code: 'aws-credentials-missing', message: expect.stringContaining('Could not load credentials from any providers'),
    })
  })
})

describe('what is not AWS\'s', () => {
  it('comes back as it is', () => {
    const known = new DeployError('cancelled', 'x')
    const bug = new TypeError('x is not a function')

    expect(translateAwsError(known, CALL)).toBe(known)
    expect(translateAwsError(bug, CALL)).toBe(bug)
    expect(translateAwsError('text', CALL)).toEqual(new Error('text'))
  })
})

describe('a client', () => {
  it('tries again for longer than the SDK does by itself', async () => {
    let attempts = 0
    const wire = await startWire(() => (++attempts < 5 ? awsError('ServerException', 'busy', 500) : { body: { repositories: [] } }))
    open.push(wire)
    const ecr = new ECRClient({ ...clientConfiguration(settings), endpoint: wire.url })

    await expect(ecr.send(new DescribeRepositoriesCommand({}))).resolves.toMatchObject({ repositories: [] })
    expect(attempts).toBe(5)
  })

  it('goes through the proxy that applies to the request\'s host, and only then', async () => {
    const wire = await answering({ body: { repositories: [] } })
    const asked: string[] = []
    const tunnels: string[] = []
    const proxy = await serving(tunnelling(tunnels))
    const proxyFor = (url: URL) => {
      asked.push(url.href)
      return asked.length === 1 ? undefined : new URL(proxy.url)
    }
    const ecr = new ECRClient({ ...clientConfiguration({ ...settings, proxyFor }), endpoint: wire.url })

    await ecr.send(new DescribeRepositoriesCommand({}))
    expect(tunnels).toEqual([])
    await ecr.send(new DescribeRepositoriesCommand({}))
    ecr.destroy()

    expect(tunnels).toEqual([new URL(wire.url).host])
    expect(asked).toEqual([`${wire.url}/`, `${wire.url}/`])
    expect(wire.requests).toHaveLength(2)
  })
})

async function serving(server: Server): Promise<{ url: string }> {
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  open.push({ close: () => { server.closeAllConnections(); server.close() } })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

function tunnelling(tunnels: string[]): Server {
  return createServer().on('connect', (request, socket) => {
    tunnels.push(request.url ?? '')
    const target = connect(Number(request.url?.split(':')[1]), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      target.pipe(socket).pipe(target)
    })
    for (const end of [socket, target]) end.on('error', () => { socket.destroy(); target.destroy() })
  })
}
