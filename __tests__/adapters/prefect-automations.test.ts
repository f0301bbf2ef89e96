import { afterEach, describe, expect, it } from '@jest/globals'
import { createFakeClock } from '../../__fixtures__/fake-clock.ts'
import { createFakeLog } from '../../__fixtures__/fake-log.ts'
import { serve } from '../../__fixtures__/loopback-prefect.ts'
import type { LoopbackPrefect } from '../../__fixtures__/loopback-prefect.ts'
import { CLOUD_PATH, deployment, EMPTY, page, QUERY } from '../../__fixtures__/prefect-exchanges.ts'
import { connectPrefect } from '../../src/adapters/prefect.ts'
import type { Json, JsonObject } from '../../src/planned.ts'

const servers: LoopbackPrefect[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

async function setUp(answers: Parameters<typeof serve>[0], path = '/api') {
  const server = await serve({ ...EMPTY, ...answers })
  servers.push(server)
  const { workspace } = connectPrefect({ apiUrl: `${server.origin}${path}`, clock: createFakeClock(), log: createFakeLog() })
  return { server, workspace }
}

const runs = (id: string) => ({ type: 'run-deployment', source: 'selected', deployment_id: id, parameters: null, schedule_after: 0 })
const BODY = { name: 'nightly__automation_1', description: '', enabled: true, tags: [], trigger: { type: 'event', id: 't1' } }
const row = (id: string, actions: readonly Json[], name = BODY.name): JsonObject =>
  ({ ...BODY, name, actions, actions_on_trigger: [], actions_on_resolve: [], id, created: 'then', updated: 'now' })

describe('the automations of a deployment', () => {
  const found = { 'POST /deployments/paginate': page([deployment()]), 'POST /flows/filter': { json: [{ id: 'f1', name: 'etl' }] } }
  const automationsOf = async (answer: Parameters<typeof serve>[0][string]) => {
    const { workspace, server } = await setUp({ ...found, 'POST /automations/filter': answer })
    const { deployments: [live] } = await workspace.read(QUERY)
    return { automations: live?.automations, requests: server.requests.filter(({ path }) => path === '/automations/filter').map(({ body }) => body) }
  }

  it('are those that run it, with what a PUT takes', async () => {
    const others = [row('other', [runs('d2')]), row('none', [{ type: 'do-nothing' }]), row('paused', [{ type: 'pause-deployment', deployment_id: 'd1' }])]
    const { automations } = await automationsOf({ json: [...others, row('a1', [{ type: 'do-nothing' }, runs('d1')])] })

    expect(automations).toEqual([{
      id: 'a1', name: BODY.name, body: { ...BODY, actions: [{ type: 'do-nothing' }, runs('d1')], actions_on_trigger: [], actions_on_resolve: [] },
    }])
  })

  it('come in pages of 200, each once', async () => {
    const first = Array.from({ length: 200 }, (_, index) => row(`a${index}`, [runs('d1')]))
    const { automations, requests } = await automationsOf([{ json: first }, { json: [row('a199', [runs('d1')]), row('a200', [runs('d1')])] }])

    expect(automations).toHaveLength(201)
    expect(requests).toEqual([{ sort: 'CREATED_DESC', limit: 200, offset: 0 }, { sort: 'CREATED_DESC', limit: 200, offset: 200 }])
  })

  it.each([404, 405])('are none on a server that has no automations, which answers %s', async (status) => {
    await expect(automationsOf({ status, json: { detail: 'Not Found' } })).resolves.toMatchObject({ automations: [] })
  })

  it('are not asked for when there is no deployment to look at', async () => {
    const { workspace, server } = await setUp({})
    await workspace.read({ deploymentNames: [], workPools: ['ecs'] })
    expect(server.calls()).toEqual(['POST /work_pools/filter'])
  })
})

describe('writing automations', () => {
  const body = { ...BODY, actions: [runs('d1')], owner_resource: 'prefect.deployment.d1' }

  it('creates one for its owner', async () => {
    const { workspace, server } = await setUp({ 'POST /automations/': { status: 201, json: row('a1', [runs('d1')]) } })
    await expect(workspace.write({ kind: 'create-automation', body })).resolves.toBe('a1')
    expect(server.requests.at(-1)?.body).toEqual(body)
  })

  it('looks for the one whose answer was lost instead of creating it twice', async () => {
    const newest = [row('other', [runs('d2')]), row('a7', [runs('d1')]), row('a6', [runs('d1')])]
    const { workspace, server } = await setUp({ 'POST /automations/': 'reset', 'POST /automations/filter': { json: newest } })

    await expect(workspace.write({ kind: 'create-automation', body })).resolves.toBe('a7')
    expect(server.calls()).toEqual(['POST /automations/', 'POST /automations/filter'])
    expect(server.requests.at(-1)?.body).toEqual({
      automations: { operator: 'and_', name: { any_: [BODY.name] } }, sort: 'CREATED_DESC', limit: 200, offset: 0,
    })
  })

  it('creates it again when it is not there', async () => {
    const { workspace, server } = await setUp({
      'POST /automations/': ['reset', { status: 201, json: row('a1', [runs('d1')]) }], 'POST /automations/filter': { json: [row('other', [runs('d2')])] },
    })
    await expect(workspace.write({ kind: 'create-automation', body })).resolves.toBe('a1')
    expect(server.calls()).toEqual(['POST /automations/', 'POST /automations/filter', 'POST /automations/'])
  })

  it('changes one in place', async () => {
    const { workspace, server } = await setUp({ 'PUT /automations/a1': { status: 204 } })
    await workspace.write({ kind: 'update-automation', id: 'a1', body: { ...BODY, actions: [runs('d1')] } })
    expect(server.requests.at(-1)?.body).toEqual({ ...BODY, actions: [runs('d1')] })
  })

  it('deletes one, or all that a deployment owns, also when they are gone', async () => {
    const { workspace, server } = await setUp({})
    await workspace.write({ kind: 'delete-automation', id: 'a1' })
    await workspace.write({ kind: 'delete-owned-automations', deployment: 'd1' })
    expect(server.calls()).toEqual(['DELETE /automations/a1', 'DELETE /automations/owned-by/prefect.deployment.d1'])
  })
})

it('applies service level agreements to Prefect Cloud, each with whose it is', async () => {
  const { workspace, server } = await setUp(
    { 'POST /slas/apply-resource-slas/prefect.deployment.d1': { json: { created: [], updated: [], deleted: [] } } }, CLOUD_PATH,
  )
  await workspace.write({ kind: 'apply-slas', deployment: 'd1', body: [{ name: 'late', within: 600 }] })
  expect(server.requests.at(-1)?.body).toEqual([{ name: 'late', within: 600, owner_resource: 'prefect.deployment.d1' }])
})
