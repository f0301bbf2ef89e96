import { afterEach, describe, expect, it } from '@jest/globals'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { createFakeClock } from '../../__fixtures__/fake-clock.ts'
import { createFakeLog } from '../../__fixtures__/fake-log.ts'
import { serve } from '../../__fixtures__/loopback-prefect.ts'
import type { LoopbackPrefect } from '../../__fixtures__/loopback-prefect.ts'
import { CLOUD_PATH, CREATE, deployment, EMPTY, page, QUERY, UPDATE } from '../../__fixtures__/prefect-exchanges.ts'
import { connectPrefect } from '../../src/adapters/prefect.ts'
import type { PrefectOptions } from '../../src/adapters/prefect-client.ts'

const servers: LoopbackPrefect[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

async function setUp(answers: Parameters<typeof serve>[0], options: Partial<PrefectOptions> & { path?: string } = {}) {
  const server = await serve(answers)
  servers.push(server)
  const clock = createFakeClock()
  const log = createFakeLog()
  const { path = '/api', ...others } = options
  return { server, clock, log, workspace: connectPrefect({ apiUrl: `${server.origin}${path}`, clock, log, ...others }).workspace }
}

describe('authentication', () => {
  it('sends the key, the custom headers and the API version with every request', async () => {
    const { workspace, server } = await setUp(EMPTY, { apiKey: 'pnu_key', headers: { 'CF-Access-Client-Id': 'me' } })
    await workspace.read(QUERY)
    expect(server.requests.length).toBeGreaterThan(2)
    for (const { headers } of server.requests) {
      expect(headers).toMatchObject({
        authorization: 'Bearer pnu_key',
        'cf-access-client-id': 'me',
        'x-prefect-api-version': '0.8.4',
        'user-agent': 'prefect-ecs-deploy',
      })
    }
  })

  it('prefers the auth string to the key', async () => {
    const { workspace, server } = await setUp(EMPTY, { apiKey: 'pnu_key', authString: 'admin:pa:ss' })
    await workspace.read(QUERY)
    expect(server.requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from('admin:pa:ss').toString('base64')}`)
  })

  it('sends user and password of the URL, which fetch itself refuses', async () => {
    const { server } = await setUp(EMPTY)
    const apiUrl = `${server.origin.replace('//', '//admin:p%40ss@')}/api/`
    const workspace = connectPrefect({ apiUrl, clock: createFakeClock(), log: createFakeLog() }).workspace
    await workspace.read(QUERY)
    expect(server.requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from('admin:p@ss').toString('base64')}`)
    expect(workspace.pageOf('d1')).toBe(`${server.origin}/deployments/deployment/d1`)
  })

  it.each([
    [{ apiKey: 'pnu_key' }, 'prefect-api-key (PREFECT_API_KEY)'],
    [{ apiKey: 'pnu_key', authString: 'admin:secret' }, 'prefect-api-auth-string (PREFECT_API_AUTH_STRING)'],
    [{}, 'a request without credentials'],
  ])('says which credentials of %j were refused and never shows them', async (credentials, words) => {
    const { workspace, server } = await setUp(
      { 'GET /admin/version': { status: 401, json: { exception_message: 'Unauthorized' } } },
      credentials,
    )
    const error = await workspace.read(QUERY).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'prefect-unauthorized' })
    expect(String(error)).toContain(words)
    expect(String(error)).toContain(`${server.origin}/api`)
    expect(JSON.stringify([String(error), error])).not.toMatch(/pnu_key|admin:secret/)
  })

  it('takes a 403 for the same', async () => {
    const { workspace } = await setUp(
      { 'PATCH /deployments/d1': { status: 403, json: { detail: 'Not allowed.' } } },
      { path: CLOUD_PATH, apiKey: 'pnu_key' },
    )
    await expect(workspace.write(UPDATE)).rejects.toMatchObject({
      code: 'prefect-unauthorized',
      message: expect.stringContaining('403: Not allowed.'),
    })
  })
})

describe('version', () => {
  it('is asked once, and never of Prefect Cloud', async () => {
    const server = await setUp(EMPTY)
    await server.workspace.read(QUERY)
    await server.workspace.read(QUERY)
    expect(server.server.requests.filter(({ path }) => path === '/admin/version')).toHaveLength(1)
    const cloud = await setUp(EMPTY, { path: CLOUD_PATH })
    await cloud.workspace.read(QUERY)
    expect(cloud.server.requests.map(({ path }) => path).sort()).toEqual(['/automations/filter', '/deployments/paginate', '/work_pools/filter'])
  })

  it.each(['2.20.4', '4.0.0'])('%s is refused before anything else is asked', async (version) => {
    const { workspace, server } = await setUp({ 'GET /admin/version': { json: version } })
    await expect(workspace.write(UPDATE)).rejects.toMatchObject({
      code: 'prefect-request-failed',
      message: expect.stringContaining(version),
    })
    expect(server.calls()).toEqual([])
  })

  it.each([
    ['3.4.25', 1],
    ['3.8.7', 1],
    ['3.8.8', 0],
    ['3.9.0.dev2', 0],
    ['3.10.1', 0],
    ['unknown', 0],
  ])('%s warns %i times', async (version, times) => {
    const { workspace, log } = await setUp({ ...EMPTY, 'GET /admin/version': { json: version } })
    await workspace.read(QUERY)
    expect(log.lines.filter((line) => line.startsWith('warning: '))).toHaveLength(times)
  })
})

describe('CSRF protection', () => {
  const token = (name: string, expiration = '2026-11-24T11:00:00Z') => ({ json: { token: name, client: 'c', expiration } })
  const tokensOf = ({ requests }: LoopbackPrefect) =>
    requests.map(({ headers }) => headers['prefect-csrf-token']).filter((each) => each !== undefined)

  const missing = { status: 403, json: { detail: 'Missing CSRF token.' } }
  const invalid = { status: 403, json: { detail: 'Invalid CSRF token or client identifier.' } }
  const asked = ({ requests }: LoopbackPrefect) => requests.filter(({ path }) => path === '/csrf-token').length

  it('signs writes and filters with one token, asked for when the first is refused', async () => {
    const { workspace, server } = await setUp({
      'POST /deployments/paginate': [missing, page([])],
      'POST /work_pools/filter': [missing, { json: [] }],
      'GET /csrf-token': token('one'),
      'PATCH /deployments/d1': { status: 204 },
    })
    await workspace.read(QUERY)
    await workspace.write(UPDATE)
    expect(asked(server)).toBe(1)
    expect(tokensOf(server)).toEqual(['one', 'one', 'one'])
    expect(new Set(server.requests.map(({ headers }) => headers['prefect-csrf-client']).filter((each) => each !== undefined)).size).toBe(1)
  })

  it('is not asked about when the server does without', async () => {
    const { workspace, server } = await setUp({ ...EMPTY, 'PATCH /deployments/d1': { status: 204 } })
    await workspace.read(QUERY)
    await workspace.write(UPDATE)
    expect(asked(server)).toBe(0)
    expect(tokensOf(server)).toEqual([])
  })

  it.each([404, 422])('leaves the refusal as it is when the server has no token to give: %i', async (status) => {
    const { workspace, server } = await setUp({
      'GET /csrf-token': { status, json: { detail: 'CSRF protection is disabled.' } }, 'PATCH /deployments/d1': missing,
    })
    await expect(workspace.write(UPDATE)).rejects.toMatchObject({ message: expect.stringContaining('Missing CSRF token') })
    expect(server.calls()).toHaveLength(2)
  })

  it('gets a new token when the first has expired', async () => {
    const { workspace, server, clock } = await setUp({
      'GET /csrf-token': [token('one'), token('two', '2026-11-24T13:00:00Z')],
      'PATCH /deployments/d1': [missing, { status: 204 }],
    })
    await workspace.write(UPDATE)
    await clock.sleep(3_600_000)
    await workspace.write(UPDATE)
    expect(tokensOf(server)).toEqual(['one', 'two'])
  })

  it('gets a new token once when the server does not know the first', async () => {
    const { workspace, server } = await setUp({
      'GET /csrf-token': [token('one'), token('two')],
      'PATCH /deployments/d1': [missing, { status: 204 }, invalid, { status: 204 }],
    })
    await workspace.write(UPDATE)
    await workspace.write(UPDATE)
    expect(tokensOf(server)).toEqual(['one', 'one', 'two'])
  })

  it('gives up when the server does not know the new token either', async () => {
    const { workspace, server } = await setUp({ 'GET /csrf-token': token('one'), 'PATCH /deployments/d1': invalid })
    await expect(workspace.write(UPDATE)).rejects.toMatchObject({
      code: 'prefect-request-failed',
      message: expect.stringContaining('Invalid CSRF token'),
    })
    expect(server.calls()).toHaveLength(2)
  })
})

describe('retries', () => {
  it.each([408, 429, 502, 503, 504, 'reset' as const])('sends an update again after %s', async (failure) => {
    const { workspace, server } = await setUp({
      'PATCH /deployments/d1': [failure === 'reset' ? failure : { status: failure }, { status: 204 }],
    })
    await workspace.write(UPDATE)
    expect(server.calls()).toHaveLength(2)
    expect(server.requests.at(-1)?.body).toEqual(UPDATE.body)
  })

  it.each([
    [{ 'retry-after': '7' }, 7000],
    [{ 'retry-after': 'Tue, 24 Nov 2026 10:00:20 GMT' }, 20_000],
    [{ 'retry-after': '90000' }, 120_000],
  ])('waits as long as %j says, within reason', async (headers, wait) => {
    const { workspace, clock } = await setUp({ 'PATCH /deployments/d1': [{ status: 429, headers }, { status: 204 }] }, { path: CLOUD_PATH })
    await workspace.write(UPDATE)
    const waited = clock.waits.reduce((sum, each) => sum + each, 0)
    expect(waited).toBeGreaterThanOrEqual(wait)
    expect(waited).toBeLessThanOrEqual(wait + 500)
  })

  it('gives up after ten tries, with waits that grow', async () => {
    const { workspace, server, clock } = await setUp({
      'PATCH /deployments/d1': { status: 503, json: { exception_message: 'Service Unavailable' } },
    })
    await expect(workspace.write(UPDATE)).rejects.toMatchObject({
      code: 'prefect-request-failed',
      message: expect.stringContaining('503: Service Unavailable'),
    })
    expect(server.calls()).toHaveLength(10)
    const waits = clock.waits.filter((wait) => wait > 0)
    expect(Math.max(...waits)).toBeLessThanOrEqual(16_000)
    expect(waits[0]).toBeLessThanOrEqual(100)
  })

  it.each([400, 404, 409, 422, 500])('does not repeat what was answered with %i', async (status) => {
    const { workspace, server } = await setUp({ 'PATCH /deployments/d1': { status, json: { detail: 'No.' } } })
    await expect(workspace.write(UPDATE)).rejects.toMatchObject({ code: 'prefect-request-failed' })
    expect(server.calls()).toHaveLength(1)
  })

  it.each([
    [500, true],
    [503, true],
    [409, false],
    [422, false],
  ])('says of %i whether the server may have done it all the same: %s', async (status, mayBeDone) => {
    const { workspace } = await setUp({ 'PATCH /deployments/d1': { status, json: { detail: 'No.' } } })
    await expect(workspace.write(UPDATE)).rejects.toMatchObject({ mayBeDone })
  })

  it('repeats what makes a late run again when the server breaks down, for its key makes one run of all tries', async () => {
    const route = 'POST /deployments/d1/create_flow_run'
    const { workspace, server } = await setUp({ [route]: [{ status: 500 }, { status: 500 }, { status: 201, json: { id: 'r1' } }] })
    const body = { idempotency_key: 'scheduled d1 s1 2026-11-24T09:55:00Z', name: 'fox' }
    await workspace.write({ kind: 'restore-run', deployment: 'd1', run: { schedule: 's1', due: new Date(), body } })
    expect(server.calls()).toEqual([route, route, route])
    expect(server.requests.slice(-3).map((request) => request.body)).toEqual([body, body, body])
  })

  it('does not repeat a late run that the server refuses', async () => {
    const route = 'POST /deployments/d1/create_flow_run'
    const { workspace, server } = await setUp({ [route]: { status: 422, json: { detail: 'No.' } } })
    const run = { schedule: 's1', due: new Date(), body: { idempotency_key: 'scheduled d1 s1 2026-11-24T09:55:00Z' } }
    await expect(workspace.write({ kind: 'restore-run', deployment: 'd1', run })).rejects.toMatchObject({ code: 'prefect-request-failed' })
    expect(server.calls()).toEqual([route])
  })

  it('sends again what got no answer in time', async () => {
    const { workspace, server } = await setUp({ 'PATCH /deployments/d1': ['silence', { status: 204 }] }, { timeoutMs: 200 })
    await workspace.write(UPDATE)
    expect(server.calls()).toHaveLength(2)
  })

  it('reads whether a create whose answer was lost was made, and does not make it twice', async () => {
    const { workspace, server } = await setUp({ 'POST /deployments/': 'reset', 'POST /deployments/filter': { json: [deployment()] } })
    await expect(workspace.write(CREATE)).resolves.toBe('d1')
    expect(server.calls()).toEqual(['POST /deployments/', 'POST /deployments/filter'])
    expect(server.requests.at(-1)?.body).toMatchObject({ deployments: { name: { any_: ['nightly'] } }, flows: { id: { any_: ['f1'] } } })
  })

  it('makes a create again when it was not made', async () => {
    const { workspace, server } = await setUp({
      'POST /deployments/': [{ status: 503 }, { status: 201, json: { id: 'd9' } }],
      'POST /deployments/filter': { json: [] },
    })
    await expect(workspace.write(CREATE)).resolves.toBe('d9')
    expect(server.calls()).toEqual(['POST /deployments/', 'POST /deployments/filter', 'POST /deployments/'])
  })

  const cron = (slug: string | null, text = '0 4 * * *') => ({
    id: `s-${slug ?? text}`,
    slug,
    schedule: { cron: text, timezone: null, day_or: true },
    parameters: {},
    active: true,
  })
  it.each([
    [{ slug: 'nightly', schedule: { cron: '1 1 * * *' } }, 's-nightly'],
    [{ schedule: { cron: '0 5 * * *' } }, 's-0 5 * * *'],
  ])('finds the schedule of a lost answer, by slug or else by what was sent: %j', async (body, id) => {
    const schedules = [cron('other'), cron('nightly'), cron(null, '0 4 * * *'), cron(null, '0 5 * * *')]
    const { workspace, server } = await setUp({
      'POST /deployments/d1/schedules': 'reset',
      'GET /deployments/d1/schedules': { json: schedules },
    })
    await expect(workspace.write({ kind: 'create-schedule', deployment: 'd1', body })).resolves.toBe(id)
    expect(server.calls()).toEqual(['POST /deployments/d1/schedules', 'GET /deployments/d1/schedules'])
  })
})

describe('failures', () => {
  const port = async () => {
    const server = await serve({})
    await server.close()
    return server.origin
  }
  const workspaceAt = (apiUrl: string, clock = createFakeClock()) => connectPrefect({ apiUrl, clock, log: createFakeLog() }).workspace

  it('says at once that nobody listens, and what to look at', async () => {
    const clock = createFakeClock()
    const origin = await port()
    await expect(workspaceAt(`${origin}/api`, clock).read(QUERY)).rejects.toMatchObject({
      code: 'prefect-unreachable',
      message: `Prefect at ${origin}/api was not reached by GET /api/admin/version: the connection was refused (ECONNREFUSED)`,
      hint: expect.stringContaining('self-hosted runner'),
    })
    expect(clock.waits).toEqual([])
  })

  it('says that a host name is not known', async () => {
    await expect(workspaceAt('http://prefect.invalid/api').read(QUERY)).rejects.toMatchObject({
      code: 'prefect-unreachable',
      message: expect.stringMatching(/ENOTFOUND|EAI_AGAIN/),
    })
  })

  it('says that no answer came in time', async () => {
    const { workspace } = await setUp({ 'GET /admin/version': 'silence' }, { timeoutMs: 100 })
    await expect(workspace.read(QUERY)).rejects.toMatchObject({
      code: 'prefect-unreachable',
      message: expect.stringContaining('no answer came in time'),
    })
  })

  it('knows the page of a server whose URL lacks /api', async () => {
    const html = { text: '<!DOCTYPE html>', headers: { 'content-type': 'text/html; charset=utf-8' } }
    const { workspace, server } = await setUp({ 'GET /admin/version': html })
    await expect(workspace.read(QUERY)).rejects.toMatchObject({
      code: 'prefect-unreachable',
      message: expect.stringContaining(`There is no Prefect API at ${server.origin}/api`),
      hint: expect.stringContaining('/api'),
    })
  })

  it('knows a Cloud URL of a workspace that is not there', async () => {
    const { workspace } = await setUp({}, { path: CLOUD_PATH, apiKey: 'pnu_key' })
    await expect(workspace.read(QUERY)).rejects.toMatchObject({
      code: 'prefect-unreachable',
      message: expect.stringContaining('There is no Prefect API'),
    })
  })

  it('does not follow a redirect, which would lose the body or send the key elsewhere', async () => {
    const { workspace } = await setUp({
      'GET /admin/version': { status: 302, headers: { location: 'https://login.example/path?secret=1' } },
    })
    const error = await workspace.read(QUERY).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'prefect-unreachable', message: expect.stringContaining('redirected to https://login.example') })
    expect(String(error)).not.toContain('secret')
  })

  it.each([
    [{ detail: 'Work pool "x" not found.' }, ': Work pool "x" not found.'],
    [
      {
        exception_message: 'Invalid request received.',
        exception_detail: [{ type: 'extra_forbidden', loc: ['body', 'nope'], msg: 'Extra inputs are not permitted', input: 'hush' }],
      },
      ': nope: Extra inputs are not permitted',
    ],
    [
      {
        detail: [
          { type: 'missing', loc: ['body', 0, 'schedule', 'function-after[x(), Interval]', 'interval'], msg: 'Field required' },
          {
            type: 'value_error',
            loc: ['body', 0, 'schedule', 'function-after[x(), Cron]', 'cron'],
            msg: 'Value error, Invalid cron string: "x x"',
          },
        ],
      },
      ': 0.schedule.cron: Value error, Invalid cron string: "x x"; 0.schedule.interval: Field required',
    ],
    [{ exception_message: 'Internal Server Error' }, ': Internal Server Error'],
    ['plain', ''],
  ])('says the reason of the server in words: %j', async (json, words) => {
    const { workspace, server } = await setUp({ 'PATCH /deployments/d1': { status: 422, json } })
    await expect(workspace.write(UPDATE)).rejects.toMatchObject({
      message: `Prefect at ${server.origin}/api answered PATCH /api/deployments/d1 with 422${words}`,
    })
  })

  it('ends when the run is cancelled while it waits', async () => {
    const { server } = await setUp({ 'PATCH /deployments/d1': { status: 503 } })
    const clock = { ...createFakeClock(), sleep: () => Promise.reject(new Error('cancelled')) }
    const workspace = connectPrefect({ apiUrl: `${server.origin}/api`, clock, log: createFakeLog() }).workspace
    await expect(workspace.write(UPDATE)).rejects.toThrow('cancelled')
    expect(server.calls()).toHaveLength(1)
  })
})

describe('proxies', () => {
  const saved = { http_proxy: process.env.http_proxy, no_proxy: process.env.no_proxy }
  afterEach(() => {
    for (const [name, value] of Object.entries(saved)) {
      if (value === undefined) Reflect.deleteProperty(process.env, name)
      else process.env[name] = value
    }
  })

  it('are used where they apply to the URL, and not where NO_PROXY excepts it', async () => {
    const server = await serve(EMPTY)
    servers.push(server)
    const tunnels: string[] = []
    const proxy = createServer().on('connect', (request, client) => {
      tunnels.push(request.url ?? '')
      const upstream = connect(Number(new URL(server.origin).port), '127.0.0.1', () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n')
        client.pipe(upstream).pipe(client)
      })
    })
    await new Promise<void>((resolve) => {
      proxy.listen(0, '127.0.0.1', resolve)
    })
    process.env.http_proxy = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
    const at = (apiUrl: string) => connectPrefect({ apiUrl, clock: createFakeClock(), log: createFakeLog() }).workspace
    await at('http://prefect.internal/api').read(QUERY)
    expect(tunnels[0]).toBe('prefect.internal:80')
    const used = tunnels.length
    process.env.no_proxy = 'prefect.internal'
    await expect(at('http://prefect.internal/api').read(QUERY)).rejects.toMatchObject({ code: 'prefect-unreachable' })
    expect(tunnels).toHaveLength(used)
    await new Promise((resolve) => {
      proxy.close(resolve)
      proxy.closeAllConnections()
    })
  })
})
