import { afterEach, describe, expect, it } from '@jest/globals'
import { createFakeClock } from '../../__fixtures__/fake-clock.ts'
import { createFakeLog } from '../../__fixtures__/fake-log.ts'
import { serve } from '../../__fixtures__/loopback-prefect.ts'
import type { LoopbackPrefect } from '../../__fixtures__/loopback-prefect.ts'
import { CLOUD_PATH, CREATE, deployment, EMPTY, page, QUERY, UPDATE } from '../../__fixtures__/prefect-exchanges.ts'
import { connectPrefect } from '../../src/adapters/prefect.ts'
import type { PrefectOptions } from '../../src/adapters/prefect-client.ts'
import type { Json } from '../../src/planned.ts'

const rows = (count: number) => Array.from({ length: count }, (_, index) => deployment({ id: `d${index}`, flow_id: `f${index % 3}` }))

const bodies = ({ requests }: LoopbackPrefect, wanted: string) => requests.filter(({ path }) => path === wanted).map(({ body }) => body)

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
  return { server, clock, log, ...connectPrefect({ apiUrl: `${server.origin}${path}`, clock, log, ...others }) }
}

describe('read', () => {
  it('takes four requests for up to 200 deployments, besides the version', async () => {
    const { workspace, server } = await setUp({
      ...EMPTY,
      'POST /deployments/paginate': page(rows(200)),
      'POST /flows/filter': { json: [{ id: 'f0', name: 'etl' }] },
    })
    await workspace.read(QUERY)
    expect(server.requests.map(({ path }) => path).sort()).toEqual([
      '/admin/version', '/automations/filter', '/deployments/paginate', '/flows/filter', '/work_pools/filter',
    ])
  })

  it('asks for the names and ids in question, in pages of 200', async () => {
    const { workspace, server } = await setUp({
      ...EMPTY,
      'POST /deployments/paginate': [page(rows(200), 201), page([deployment({ id: 'last' })], 201)],
      'POST /flows/filter': {
        json: [
          { id: 'f0', name: 'etl' },
          { id: 'f1', name: 'report' },
        ],
      },
    })
    const { deployments } = await workspace.read(QUERY)
    expect(bodies(server, '/deployments/paginate')).toMatchObject([
      { deployments: { name: { any_: ['nightly'] } }, limit: 200, page: 1 },
      { deployments: { name: { any_: ['nightly'] } }, limit: 200, page: 2 },
    ])
    expect(bodies(server, '/flows/filter')).toMatchObject([{ flows: { id: { any_: ['f0', 'f1', 'f2'] } }, limit: 200 }])
    expect(bodies(server, '/work_pools/filter')).toMatchObject([{ work_pools: { name: { any_: ['ecs'] } }, limit: 200 }])
    expect(deployments.at(-1)).toMatchObject({ id: 'last', flowName: 'report' })
  })

  it('asks for each flow once', async () => {
    const { workspace, server } = await setUp({
      ...EMPTY,
      'POST /deployments/paginate': [page([deployment()]), page([deployment(), deployment({ id: 'd2', flow_id: 'f2' })])],
      'POST /flows/filter': [{ json: [{ id: 'f1', name: 'etl' }] }, { json: [{ id: 'f2', name: 'report' }] }],
    })
    await workspace.read(QUERY)
    const { deployments } = await workspace.read(QUERY)
    expect(bodies(server, '/flows/filter')).toMatchObject([{ flows: { id: { any_: ['f1'] } } }, { flows: { id: { any_: ['f2'] } } }])
    expect(deployments.map(({ flowName }) => flowName)).toEqual(['etl', 'report'])
  })

  it('asks for more than 200 pools and flows in pages of 200 keys', async () => {
    const { workspace, server } = await setUp(EMPTY)
    await workspace.read({ deploymentNames: [], workPools: Array.from({ length: 450 }, (_, index) => `pool-${index}`) })
    expect(server.calls()).toEqual(['POST /work_pools/filter', 'POST /work_pools/filter', 'POST /work_pools/filter'])
  })

  it('gives deployments and pools with the names of the REST API', async () => {
    const schedule = {
      id: 's1',
      slug: null,
      active: true,
      schedule: { cron: '0 4 * * *', timezone: null },
      parameters: { full: true },
      deployment_id: 'd1',
    }
    const live = deployment({
      schedules: [schedule],
      global_concurrency_limit: { id: 'l1', name: 'deployment:d1', limit: 3 },
      job_variables: { image: 'x' },
    })
    const pool = { name: 'ecs', type: 'ecs', is_paused: true, status: 'NOT_READY', base_job_template: { variables: {} } }
    const older = { name: 'old', type: 'ecs', is_paused: false, base_job_template: {} }
    const { workspace } = await setUp({
      'POST /deployments/paginate': page([live]),
      'POST /flows/filter': { json: [{ id: 'f1', name: 'etl' }] },
      'POST /work_pools/filter': { json: [pool, older] },
    })
    await expect(workspace.read(QUERY)).resolves.toEqual({
      deployments: [
        {
          id: 'd1',
          name: 'nightly',
          flowName: 'etl',
          updated: '2026-11-24T10:00:00Z',
          paused: false,
          schedules: [{ id: 's1', slug: null, active: true, schedule: { cron: '0 4 * * *', timezone: null }, parameters: { full: true }, maxScheduledRuns: null }],
          automations: [],
          concurrencyLimit: { name: 'deployment:d1', limit: 3 },
          fields: { flow_id: 'f1', tags: [], job_variables: { image: 'x' } },
        },
      ],
      workPools: [
        { name: 'ecs', type: 'ecs', paused: true, status: 'NOT_READY', description: null, concurrencyLimit: null, baseJobTemplate: { variables: {} } },
        { name: 'old', type: 'ecs', paused: false, status: null, description: null, concurrencyLimit: null, baseJobTemplate: {} },
      ],
    })
  })

  it('asks nothing when nothing is wanted', async () => {
    const { workspace, server } = await setUp({})
    await expect(workspace.read({ deploymentNames: [], workPools: [] })).resolves.toEqual({ deployments: [], workPools: [] })
    expect(server.requests).toEqual([])
  })
})

describe('deploymentsOf', () => {
  const scope = { flowNames: ['etl', 'report', 'etl'], workPools: ['ecs'] }

  it('asks for all deployments of the flows in the pools, in one request after a read that met the flows', async () => {
    const { workspace, survey, server } = await setUp({
      ...EMPTY,
      'POST /deployments/paginate': page([deployment()]),
      'POST /flows/filter': { json: [{ id: 'f1', name: 'etl' }] },
    })
    await workspace.read(QUERY)
    const before = server.requests.length
    await expect(survey.deploymentsOf(scope)).resolves.toMatchObject([{ id: 'd1', flowName: 'etl' }])
    expect(server.calls().slice(before - 1)).toEqual(['POST /deployments/paginate'])
    expect(server.requests.at(-1)?.body).toMatchObject({
      flows: { name: { any_: ['etl', 'report'] } }, work_pools: { name: { any_: ['ecs'] } }, limit: 200, page: 1,
    })
  })

  it.each([
    ['knows the only flow that it can be', ['etl', 'report'], []],
    ['asks for the flows that it cannot tell apart', ['etl', 'report', 'audit'], [{ flows: { operator: 'and_', id: { any_: ['f2'] } } }]],
  ])('of a flow that is new to it %s', async (_, flowNames, flows) => {
    const { workspace, survey, server } = await setUp({
      ...EMPTY,
      'POST /deployments/paginate': [page([deployment()]), page([deployment(), deployment({ id: 'd2', flow_id: 'f2' })])],
      'POST /flows/filter': [{ json: [{ id: 'f1', name: 'etl' }] }, { json: [{ id: 'f2', name: 'report' }] }],
    })
    await workspace.read(QUERY)
    await expect(survey.deploymentsOf({ flowNames, workPools: ['ecs'] })).resolves.toMatchObject([{ flowName: 'etl' }, { flowName: 'report' }])
    expect(bodies(server, '/flows/filter').slice(1)).toMatchObject(flows)
  })

  it.each([
    ['leaves out what is known', '3.4.7', { id: { not_any_: ['d1'] } }],
    ['leaves out nothing at a server that is too old for it', '3.4.6', undefined],
  ])('%s', async (_, version, deployments) => {
    const { workspace, survey, server } = await setUp({
      ...EMPTY, 'GET /admin/version': { json: version }, 'POST /deployments/paginate': page([deployment()]), 'POST /flows/filter': { json: [{ id: 'f1', name: 'etl' }] },
    })
    await workspace.read(QUERY)
    await survey.deploymentsOf({ ...scope, known: ['d1'] })
    expect(server.requests.at(-1)?.body).toMatchObject({ flows: { name: { any_: ['etl', 'report'] } }, ...(deployments && { deployments }) })
    expect(JSON.stringify(server.requests.at(-1)?.body).includes('not_any_')).toBe(deployments !== undefined)
  })

  it.each([[[], ['ecs']], [['etl'], []]])('asks nothing for flows %j in pools %j', async (flowNames, workPools) => {
    const { survey, server } = await setUp({})
    await expect(survey.deploymentsOf({ flowNames, workPools })).resolves.toEqual([])
    expect(server.requests).toEqual([])
  })
})

describe('waitingRuns', () => {
  const run = (overrides: Record<string, Json> = {}) => ({
    id: 'r1', name: 'swift-fox', deployment_id: 'd1', state_type: 'SCHEDULED', auto_scheduled: true,
    expected_start_time: '2026-11-24T09:55:00Z', ...overrides,
  })

  it('gives the earliest of them and counts all, in one request', async () => {
    const rows = [run(), run({ id: 'r2', state_type: 'PENDING', auto_scheduled: false, expected_start_time: '2026-11-24T10:00:05Z' })]
    const { survey, server } = await setUp({ 'POST /flow_runs/paginate': page(rows, 431) })
    await expect(survey.waitingRuns(['d1', 'd2'])).resolves.toEqual({
      total: 431,
      earliest: [
        { id: 'r1', name: 'swift-fox', deploymentId: 'd1', state: 'SCHEDULED', due: new Date('2026-11-24T09:55:00Z'), autoScheduled: true },
        { id: 'r2', name: 'swift-fox', deploymentId: 'd1', state: 'PENDING', due: new Date('2026-11-24T10:00:05Z'), autoScheduled: false },
      ],
    })
    expect(bodies(server, '/flow_runs/paginate')).toMatchObject([{
      flow_runs: { deployment_id: { any_: ['d1', 'd2'] }, state: { type: { any_: ['SCHEDULED', 'PENDING'] } } },
      sort: 'EXPECTED_START_TIME_ASC', limit: 200, page: 1,
    }])
  })

  it('asks nothing when no deployment is touched', async () => {
    const { survey, server } = await setUp({})
    await expect(survey.waitingRuns([])).resolves.toEqual({ earliest: [], total: 0 })
    expect(server.requests).toEqual([])
  })
})

it('a plan of 200 deployments asks six requests of a server, besides its version', async () => {
  const { workspace, survey, server } = await setUp({
    ...EMPTY,
    'POST /deployments/paginate': page(rows(200)),
    'POST /flows/filter': { json: ['f0', 'f1', 'f2'].map((id) => ({ id, name: `flow-${id}` })) },
  })
  const { deployments } = await workspace.read(QUERY)
  await survey.deploymentsOf({ flowNames: ['flow-f0', 'flow-f1', 'flow-f2'], workPools: ['ecs'] })
  await survey.waitingRuns(deployments.map(({ id }) => id))
  expect(server.calls()).toHaveLength(6)
})

describe('lookUp', () => {
  it('gives a variable as the JSON that it is', async () => {
    const { workspace } = await setUp({ 'GET /variables/name/my_list': { json: { id: 'v', name: 'my_list', value: [1, { a: null }] } } })
    await expect(workspace.lookUp({ variable: 'my_list' })).resolves.toEqual([1, { a: null }])
  })

  it('gives all fields of a block with its secrets, and escapes its name', async () => {
    const path = '/block_types/slug/secret/block_documents/name/a%20b'
    const { workspace } = await setUp({ [`GET ${path}`]: { json: { data: { value: 'hush' } } } })
    await expect(workspace.lookUp({ blockType: 'secret', block: 'a b' })).resolves.toEqual({ value: 'hush' })
  })

  it('gives undefined for what is not there', async () => {
    const missing = { status: 404, json: { detail: 'Variable not found.' } }
    const { workspace } = await setUp({
      'GET /variables/name/no': missing,
      'GET /block_types/slug/secret/block_documents/name/no': missing,
    })
    await expect(workspace.lookUp({ variable: 'no' })).resolves.toBeUndefined()
    await expect(workspace.lookUp({ blockType: 'secret', block: 'no' })).resolves.toBeUndefined()
  })
})

describe('workersOf', () => {
  const FILTER = 'POST /work_pools/ecs/workers/filter'

  it('asks once, for the page with the newest heartbeats', async () => {
    const { workspace, server } = await setUp({
      [FILTER]: { json: [
        { id: 'w1', name: 'ECSWorker 1', status: 'ONLINE', last_heartbeat_time: '2026-11-24T10:00:00Z', created: null, updated: null, work_pool_id: 'p' },
        { id: 'w2', name: 'old', status: 'OFFLINE', last_heartbeat_time: null, created: null, updated: null, work_pool_id: 'p' },
      ] },
    })

    await expect(workspace.workersOf('ecs')).resolves.toEqual([
      { id: 'w1', name: 'ECSWorker 1', isOnline: true, lastHeartbeat: new Date('2026-11-24T10:00:00Z') },
      { id: 'w2', name: 'old', isOnline: false, lastHeartbeat: undefined },
    ])
    expect(bodies(server, '/work_pools/ecs/workers/filter')).toEqual([{ limit: 200, offset: 0 }])
  })

  it('finds none in a pool that is not there', async () => {
    const { workspace } = await setUp({ [FILTER]: { status: 404, json: { detail: 'Work pool "ecs" not found.' } } })

    await expect(workspace.workersOf('ecs')).resolves.toEqual([])
  })
})

describe('pausedOf', () => {
  it('asks for the paused ones of these deployments only, 200 a request', async () => {
    const { workspace, server } = await setUp({ 'POST /deployments/filter': [{ json: [deployment({ paused: true })] }, { json: [] }] })
    const ids = Array.from({ length: 201 }, (_, index) => `d${index}`)
    await expect(workspace.pausedOf(ids)).resolves.toEqual(new Set(['d1']))
    expect(server.calls()).toEqual(['POST /deployments/filter', 'POST /deployments/filter'])
    expect(server.requests.at(-1)?.body).toMatchObject({ deployments: { id: { any_: ['d200'] }, paused: { eq_: true } }, limit: 200 })
  })

  it('asks nothing when nothing is written', async () => {
    const { workspace, server } = await setUp({})
    await expect(workspace.pausedOf([])).resolves.toEqual(new Set())
    expect(server.requests).toEqual([])
  })
})

describe('lateRuns', () => {
  it('gives runs of schedules that are due, with what makes the same run again', async () => {
    const due = '2026-11-24T09:55:00Z'
    const late = {
      id: 'r1',
      name: 'swift-fox',
      auto_scheduled: true,
      expected_start_time: due,
      idempotency_key: 'scheduled d1 s1 2026-11-24 09:55:00+00:00',
      parameters: { full: true },
      tags: ['auto-scheduled'],
      job_variables: {},
      work_queue_name: 'default',
    }
    const { workspace, server } = await setUp({ 'POST /flow_runs/paginate': page([late, { ...late, id: 'r2', auto_scheduled: false }]) })
    const runs = await workspace.lateRuns('d1')
    expect(server.requests.at(-1)?.body).toMatchObject({
      flow_runs: {
        deployment_id: { any_: ['d1'] },
        state: { type: { any_: ['SCHEDULED'] } },
        expected_start_time: { before_: '2026-11-24T10:00:00.000Z' },
      },
    })
    expect(runs).toEqual([
      {
        schedule: 's1',
        due: new Date(due),
        body: {
          idempotency_key: 'scheduled d1 s1 2026-11-24 09:55:00+00:00',
          name: 'swift-fox',
          parameters: { full: true },
          tags: ['auto-scheduled'],
          job_variables: {},
          work_queue_name: 'default',
          enforce_parameter_schema: false,
          state: { type: 'SCHEDULED', state_details: { scheduled_time: due } },
        },
      },
    ])
  })
})

describe('write', () => {
  it.each([
    [{ kind: 'create-flow', name: 'etl' }, 'POST /flows/', { name: 'etl' }],
    [CREATE, 'POST /deployments/', CREATE.body],
    [UPDATE, 'PATCH /deployments/d1', UPDATE.body],
    [{ kind: 'delete-deployment', id: 'd1' }, 'DELETE /deployments/d1', null],
    [{ kind: 'create-schedule', deployment: 'd1', body: { slug: 's' } }, 'POST /deployments/d1/schedules', [{ slug: 's' }]],
    [
      { kind: 'update-schedule', deployment: 'd1', id: 's1', body: { active: true } },
      'PATCH /deployments/d1/schedules/s1',
      { active: true },
    ],
    [{ kind: 'delete-schedule', deployment: 'd1', id: 's1' }, 'DELETE /deployments/d1/schedules/s1', null],
    [
      { kind: 'schedule-runs', deployment: 'd1', start: new Date('2026-11-24T10:00:00Z') },
      'POST /deployments/d1/schedule',
      { start_time: '2026-11-24T10:00:00.000Z' },
    ],
    [
      { kind: 'restore-run', deployment: 'd1', run: { schedule: 's1', due: new Date(), body: { name: 'fox' } } },
      'POST /deployments/d1/create_flow_run',
      { name: 'fox' },
    ],
  ] as const)('makes one request of %j', async (write, call, body) => {
    const answer = call.startsWith('POST') ? { json: call.endsWith('/schedules') ? [{ id: 'new' }] : { id: 'new' } } : { status: 204 }
    const { workspace, server } = await setUp({ [call]: answer })
    await expect(workspace.write(write)).resolves.toBe(write.kind.startsWith('create') ? 'new' : undefined)
    expect(server.calls()).toEqual([call])
    expect(server.requests.at(-1)?.body).toEqual(body)
  })

  it('is content when what it deletes is gone', async () => {
    const gone = { status: 404, json: { detail: 'Deployment not found' } }
    const { workspace } = await setUp({ 'DELETE /deployments/d1': gone, 'DELETE /deployments/d1/schedules/s1': gone })
    await expect(workspace.write({ kind: 'delete-deployment', id: 'd1' })).resolves.toBeUndefined()
    await expect(workspace.write({ kind: 'delete-schedule', deployment: 'd1', id: 's1' })).resolves.toBeUndefined()
  })
})

describe('writeConcurrency', () => {
  it('starts at one for a server and at eight for Cloud', async () => {
    expect((await setUp({})).workspace.writeConcurrency()).toBe(1)
    expect((await setUp({}, { path: CLOUD_PATH })).workspace.writeConcurrency()).toBe(8)
    expect(
      connectPrefect({
        apiUrl: 'https://api.prefect.cloud/api',
        clock: createFakeClock(),
        log: createFakeLog(),
      }).workspace.writeConcurrency(),
    ).toBe(8)
  })

  it('halves on 429 and 503, and grows by one after writes that went well', async () => {
    const overloaded = [{ status: 429 }, { status: 503 }, { status: 204 }]
    const { workspace } = await setUp({ 'PATCH /deployments/d1': overloaded }, { path: CLOUD_PATH })
    await workspace.write(UPDATE)
    expect(workspace.writeConcurrency()).toBe(2)
    for (let count = 0; count < 80; count++) await workspace.write(UPDATE)
    expect(workspace.writeConcurrency()).toBe(3)
  })

  it('does not grow by reading', async () => {
    const { workspace } = await setUp(EMPTY)
    for (let count = 0; count < 30; count++) await workspace.read(QUERY) // each by a filter and by a page
    expect(workspace.writeConcurrency()).toBe(1)
  })
})

describe('pageOf', () => {
  it.each([
    [
      'https://api.prefect.cloud/api/accounts/a1/workspaces/w1',
      'https://app.prefect.cloud/account/a1/workspace/w1/deployments/deployment/d1',
    ],
    ['https://prefect.example/api', 'https://prefect.example/deployments/deployment/d1'],
    ['http://10.0.0.1:4200/base/api/', 'http://10.0.0.1:4200/base/deployments/deployment/d1'],
  ])('of an API at %s', (apiUrl, page) => {
    expect(connectPrefect({ apiUrl, clock: createFakeClock(), log: createFakeLog() }).workspace.pageOf('d1')).toBe(page)
  })
})
