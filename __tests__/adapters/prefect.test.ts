import { afterEach, describe, expect, it } from '@jest/globals'
import { createFakeClock } from '../../__fixtures__/fake-clock.ts'
import { createFakeLog } from '../../__fixtures__/fake-log.ts'
import { serve } from '../../__fixtures__/loopback-prefect.ts'
import type { LoopbackPrefect } from '../../__fixtures__/loopback-prefect.ts'
import { CLOUD_PATH, CREATE, deployment, EMPTY, QUERY, UPDATE } from '../../__fixtures__/prefect-exchanges.ts'
import { createPrefectWorkspace } from '../../src/adapters/prefect.ts'
import type { PrefectOptions } from '../../src/adapters/prefect-client.ts'

const rows = (count: number) => Array.from({ length: count }, (_, index) => deployment({ id: `d${index}`, flow_id: `f${index % 3}` }))

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
  return { server, clock, log, workspace: createPrefectWorkspace({ apiUrl: `${server.origin}${path}`, clock, log, ...others }) }
}

describe('read', () => {
  it('takes three requests for up to 199 deployments, besides version and CSRF token', async () => {
    const { workspace, server } = await setUp({
      ...EMPTY,
      'POST /deployments/filter': { json: rows(199) },
      'POST /flows/filter': { json: [{ id: 'f0', name: 'etl' }] },
    })
    await workspace.read(QUERY)
    expect(server.calls().sort()).toEqual(['POST /deployments/filter', 'POST /flows/filter', 'POST /work_pools/filter'])
    expect(server.requests.map(({ path }) => path).filter((path) => /admin|csrf/.test(path))).toEqual(['/admin/version', '/csrf-token'])
  })

  it('asks for the names and ids in question, in pages of 200', async () => {
    const pages = [{ json: rows(200) }, { json: [deployment({ id: 'last' })] }]
    const { workspace, server } = await setUp({
      ...EMPTY,
      'POST /deployments/filter': pages,
      'POST /flows/filter': {
        json: [
          { id: 'f0', name: 'etl' },
          { id: 'f1', name: 'report' },
        ],
      },
    })
    const { deployments } = await workspace.read(QUERY)
    const bodies = (path: string) => server.requests.filter((request) => request.path === path).map(({ body }) => body)
    expect(bodies('/deployments/filter')).toMatchObject([
      { deployments: { name: { any_: ['nightly'] } }, limit: 200, offset: 0 },
      { deployments: { name: { any_: ['nightly'] } }, limit: 200, offset: 200 },
    ])
    expect(bodies('/flows/filter')).toMatchObject([{ flows: { id: { any_: ['f0', 'f1', 'f2'] } }, limit: 200 }])
    expect(bodies('/work_pools/filter')).toMatchObject([{ work_pools: { name: { any_: ['ecs'] } }, limit: 200 }])
    expect(deployments.at(-1)).toMatchObject({ id: 'last', flowName: 'report' })
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
    const pool = { name: 'ecs', type: 'ecs', is_paused: true, base_job_template: { variables: {} } }
    const { workspace } = await setUp({
      'POST /deployments/filter': { json: [live] },
      'POST /flows/filter': { json: [{ id: 'f1', name: 'etl' }] },
      'POST /work_pools/filter': { json: [pool] },
    })
    await expect(workspace.read(QUERY)).resolves.toEqual({
      deployments: [
        {
          id: 'd1',
          name: 'nightly',
          flowName: 'etl',
          updated: '2026-11-24T10:00:00Z',
          paused: false,
          schedules: [{ id: 's1', slug: null, active: true, schedule: { cron: '0 4 * * *', timezone: null }, parameters: { full: true } }],
          concurrencyLimit: { name: 'deployment:d1', limit: 3 },
          fields: { flow_id: 'f1', tags: [], job_variables: { image: 'x' } },
        },
      ],
      workPools: [{ name: 'ecs', type: 'ecs', paused: true, baseJobTemplate: { variables: {} } }],
    })
  })

  it('asks nothing when nothing is wanted', async () => {
    const { workspace, server } = await setUp({})
    await expect(workspace.read({ deploymentNames: [], workPools: [] })).resolves.toEqual({ deployments: [], workPools: [] })
    expect(server.requests).toEqual([])
  })
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
    const { workspace, server } = await setUp({ 'POST /flow_runs/filter': { json: [late, { ...late, id: 'r2', auto_scheduled: false }] } })
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
      createPrefectWorkspace({
        apiUrl: 'https://api.prefect.cloud/api',
        clock: createFakeClock(),
        log: createFakeLog(),
      }).writeConcurrency(),
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
    for (let count = 0; count < 30; count++) await workspace.read(QUERY)
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
    expect(createPrefectWorkspace({ apiUrl, clock: createFakeClock(), log: createFakeLog() }).pageOf('d1')).toBe(page)
  })
})
