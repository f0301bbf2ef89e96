import { afterEach, describe, expect, it } from '@jest/globals'
import { createFakeClock } from '../../__fixtures__/fake-clock.ts'
import { createFakeLog } from '../../__fixtures__/fake-log.ts'
import { serve } from '../../__fixtures__/loopback-prefect.ts'
import type { LoopbackPrefect } from '../../__fixtures__/loopback-prefect.ts'
import { deployment, EMPTY, page } from '../../__fixtures__/prefect-exchanges.ts'
import { connectPrefect } from '../../src/adapters/prefect.ts'

const TEMPLATE = { job_configuration: { image: '{{ image }}' }, variables: { properties: { image: {} } } }
const CREATE = { kind: 'create-work-pool', body: { name: 'ecs', type: 'ecs', base_job_template: TEMPLATE } } as const
const POOL = { id: 'p1', name: 'ecs', type: 'ecs', base_job_template: TEMPLATE }

const servers: LoopbackPrefect[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

async function setUp(answers: Parameters<typeof serve>[0]) {
  const server = await serve(answers)
  servers.push(server)
  return { server, ...connectPrefect({ apiUrl: `${server.origin}/api`, clock: createFakeClock(), log: createFakeLog() }) }
}

describe('a work pool', () => {
  it('is read with its description and limit', async () => {
    const pool = { ...POOL, is_paused: false, status: 'READY', description: 'Flows.', concurrency_limit: 0 }
    const { workspace } = await setUp({ ...EMPTY, 'POST /work_pools/filter': { json: [pool] } })

    const { workPools } = await workspace.read({ deploymentNames: [], workPools: ['ecs'] })

    expect(workPools).toMatchObject([{ description: 'Flows.', concurrencyLimit: 0 }])
  })

  it('is created, updated and deleted by its name', async () => {
    const path = '/work_pools/a%20b'
    const { workspace, server } = await setUp({
      'POST /work_pools/': { status: 201, json: POOL }, [`PATCH ${path}`]: { status: 204 }, [`DELETE ${path}`]: { status: 204 },
    })

    await expect(workspace.write(CREATE)).resolves.toBe('p1')
    await workspace.write({ kind: 'update-work-pool', name: 'a b', body: { description: null } })
    await workspace.write({ kind: 'delete-work-pool', name: 'a b' })

    expect(server.calls()).toEqual(['POST /work_pools/', `PATCH ${path}`, `DELETE ${path}`])
    expect(server.requests.at(-2)?.body).toEqual({ description: null })
  })

  it('that is gone already counts as deleted', async () => {
    const { workspace } = await setUp({ 'DELETE /work_pools/ecs': { status: 404, json: { detail: 'Work pool "ecs" not found.' } } })

    await expect(workspace.write({ kind: 'delete-work-pool', name: 'ecs' })).resolves.toBeUndefined()
  })

  it('whose answer was lost is looked for, and not created twice', async () => {
    const { workspace, server } = await setUp({ 'POST /work_pools/': 'reset', 'GET /work_pools/ecs': { json: POOL } })

    await expect(workspace.write(CREATE)).resolves.toBe('p1')
    expect(server.calls()).toEqual(['POST /work_pools/', 'GET /work_pools/ecs'])
  })

  it.each([
    ['is not there', { status: 404, json: { detail: 'Work pool "ecs" not found.' } }, { status: 201, json: POOL }, 'p1'],
    ['is somebody else\'s', { json: { ...POOL, type: 'process' } }, { status: 409, json: { detail: 'A work pool with this name already exists.' } }, expect.stringContaining('409: A work pool with this name already exists.')],
  ])('is created again when it %s', async (_, found, answer, answered) => {
    const { workspace, server } = await setUp({ 'POST /work_pools/': [{ status: 503 }, answer], 'GET /work_pools/ecs': found })

    const created = await workspace.write(CREATE).catch((error: unknown) => String(error))

    expect(created).toEqual(answered)
    expect(server.calls()).toEqual(['POST /work_pools/', 'GET /work_pools/ecs', 'POST /work_pools/'])
  })

  it('tells all deployments that run in it, of whatever flow', async () => {
    const { survey, server } = await setUp({
      ...EMPTY, 'POST /deployments/paginate': page([deployment()]), 'POST /flows/filter': { json: [{ id: 'f1', name: 'etl' }] },
    })

    await expect(survey.deploymentsOf({ workPools: ['ecs'] })).resolves.toMatchObject([{ name: 'nightly', flowName: 'etl' }])
    expect(server.requests.find(({ path }) => path === '/deployments/paginate')?.body).toEqual({
      work_pools: { operator: 'and_', name: { any_: ['ecs'] } }, sort: 'CREATED_DESC', limit: 200, page: 1,
    })
  })
})
