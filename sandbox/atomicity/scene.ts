/**
 * The workspace that a release fails in: what an earlier release has left, and what people have done by hand since.
 * Deployments are called after what the release does with them, see `__fixtures__/atomicity/after.yaml`.
 */
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Sandbox } from '../connect.ts'
import { root } from '../paths.ts'
import { pushEvent } from '../runner/event.ts'
import { deploymentIds } from '../scenario.ts'
import { workPool } from '../scene.ts'
import type { PrefectRequest } from '../workspace-state.ts'

export type Scene = {
  /** A checkout whose Prefect file is the one to release. */
  readonly workspace: string
  /** Digest of the image that was deployed; a release of it neither builds nor pushes. */
  readonly image: string
}

/** The global limit that a deployment of the file shares with one that is not in it. */
const SHARED_LIMIT = 'retention'

/** Releases the earlier file, then does by hand what people do. */
export async function setScene(sandbox: Sandbox): Promise<Scene> {
  const workspace = await sandbox.checkOut()
  writePrefectFile(workspace, 'before')
  const release = await sandbox.run({ workspace, event: pushEvent(), inputs: { service: '' } })
  if (release.exitCode !== 0) throw new Error(`The release before failed:\n${release.log}`)
  const request: PrefectRequest = (...call) => sandbox.prefectRequest(...call)
  const ids = new Map([...deploymentIds(release), ...(await createByHand(request))])
  await changeByHand(request, (name) => idOf(ids, name))
  await letRunsFallDue(request, (name) => idOf(ids, name))
  writePrefectFile(workspace, 'after')
  return { workspace, image: release.outputs['image-digest'] ?? '' }
}

export function writePrefectFile(workspace: string, name: 'before' | 'after'): void {
  copyFileSync(join(root, `__fixtures__/atomicity/${name}.yaml`), join(workspace, 'prefect.yaml'))
}

/** Deployments as an old `prefect deploy` leaves them: schedules without slugs, one of them paused. */
async function createByHand(request: PrefectRequest): Promise<[string, string][]> {
  const { id: flow } = (await request('POST', '/flows/', { name: 'sales-report' })) as { id: string }
  const cron = (text: string) => ({ cron: text, timezone: 'UTC' })
  const create = async (name: string, schedules: readonly object[], parameters = {}): Promise<[string, string]> => {
    const entrypoint = 'flows/report.py:report'
    const schema = { title: 'Parameters', type: 'object', properties: {} }
    const body = { name, parameter_openapi_schema: schema, flow_id: flow, entrypoint, work_pool_name: workPool, schedules, parameters }
    return [name, ((await request('POST', '/deployments/', body)) as { id: string }).id]
  }
  return [
    await create('adopted', [{ schedule: cron('10 2 * * *'), active: true }, { schedule: cron('20 2 * * *'), active: false }]),
    await create('shared', [{ schedule: cron('40 2 * * *'), active: true, slug: 'nightly' }], { currency: { __prefect_kind: 'json', value: '"USD"' } }),
    await create('bystander', [{ schedule: cron('0 6 * * *'), active: true, slug: 'nightly' }]),
  ]
}

type IdOf = (name: string) => string

async function changeByHand(request: PrefectRequest, id: IdOf): Promise<void> {
  const limit = (await request('POST', '/v2/concurrency_limits/', { name: SHARED_LIMIT, limit: 2 })) as { id: string }
  for (const name of ['shared', 'bystander']) await request('PATCH', `/deployments/${id(name)}`, { global_concurrency_limit_id: limit.id })
  await request('POST', `/deployments/${id('shared')}/pause_deployment`)
  const inUse = [SHARED_LIMIT, `deployment:${id('limited')}`, `deployment:${id('unlimited')}`]
  await request('POST', '/v2/concurrency_limits/increment', { names: inUse, slots: 1, mode: 'concurrency' })
  await limitRuns(request, id('removed'), 'removed')
  await request('POST', '/automations/', {
    name: 'made by hand',
    trigger: { type: 'event', posture: 'Reactive', expect: ['shop.closed'], threshold: 1, within: 0 },
    actions: [{ type: 'run-deployment', source: 'selected', deployment_id: id('triggered'), parameters: {} }],
  })
}

/** Only the API can set how many runs a schedule has ahead. */
async function limitRuns(request: PrefectRequest, deployment: string, slug: string): Promise<void> {
  type Schedule = { readonly id: string; readonly slug: string; readonly schedule: object; readonly parameters: object }
  const schedules = (await request('GET', `/deployments/${deployment}/schedules`)) as readonly Schedule[]
  for (const { id, schedule, parameters } of schedules.filter((each) => each.slug === slug)) {
    await request('PATCH', `/deployments/${deployment}/schedules/${id}`, { schedule, parameters, active: true, max_scheduled_runs: 2 })
  }
}

const DAY = 86_400_000

/** Runs of the last days that no worker has started, one that a worker has, and one that somebody asked for. */
async function letRunsFallDue(request: PrefectRequest, id: IdOf): Promise<void> {
  const [start_time, end_time] = [new Date(Date.now() - 3 * DAY).toISOString(), new Date().toISOString()]
  for (const name of ['fields', 'removed', 'adopted', 'limited']) await request('POST', `/deployments/${id(name)}/schedule`, { start_time, end_time })
  const [late] = (await request('POST', '/flow_runs/filter', {
    deployments: { id: { any_: [id('fields')] } }, sort: 'EXPECTED_START_TIME_ASC', limit: 1,
  })) as readonly { id: string }[]
  if (late === undefined) throw new Error('No run fell due')
  await request('POST', `/flow_runs/${late.id}/set_state`, { state: { type: 'PENDING' }, force: true })
  await request('POST', `/deployments/${id('job')}/create_flow_run`, { name: 'asked-for' })
  for (const name of ['fields', 'job', 'schedules', 'removed', 'limited', 'unlimited', 'adopted', 'bystander']) {
    await request('POST', `/deployments/${id(name)}/schedule`, {})
  }
}

function idOf(ids: ReadonlyMap<string, string>, name: string): string {
  const id = ids.get(name)
  if (id === undefined) throw new Error(`There is no deployment ${name}`)
  return id
}
