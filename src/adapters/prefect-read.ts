import type { Json, JsonObject } from '../planned.ts'
import type { LateRun, LiveDeployment, LiveSchedule, LiveState, LiveWorkPool, PrefectWorkspace } from '../ports.ts'
import type { components } from './prefect-api.d.ts'
import { contentOf } from './prefect-client.ts'
import type { PrefectApi } from './prefect-client.ts'

type Schemas = components['schemas']
type Query = Parameters<PrefectWorkspace['read']>[0]

/** Most rows that a server answers with by default; more is a 422. */
const PAGE = 200

/** Three requests for all that a release of up to 199 deployments looks at, the first and the last concurrently. */
export async function readState(api: PrefectApi, { deploymentNames, workPools }: Query): Promise<LiveState> {
  const [deployments, pools] = await Promise.all([readDeployments(api, deploymentNames), readWorkPools(api, workPools)])
  return { deployments, workPools: pools }
}

/** A variable's value or all fields of a block; undefined when there is none. */
export async function lookUp(api: PrefectApi, reference: Parameters<PrefectWorkspace['lookUp']>[0]): Promise<Json | undefined> {
  const fetch = api.sending({ accept: [404] })
  if ('variable' in reference) {
    const { data } = await api.routes.GET('/variables/name/{name}', { params: { path: { name: reference.variable } }, fetch })
    return data?.value as Json | undefined // any JSON, says the server's model
  }
  const path = { slug: reference.blockType, block_document_name: reference.block }
  const { data } = await api.routes.GET('/block_types/slug/{slug}/block_documents/name/{block_document_name}', {
    params: { path, query: { include_secrets: true } },
    fetch,
  })
  return data?.data as JsonObject | undefined
}

/** Runs that schedules made, that are due, and that no worker has started. */
export async function readLateRuns(api: PrefectApi, deploymentId: string, now: Date): Promise<LateRun[]> {
  const late = {
    operator: 'and_',
    deployment_id: { operator: 'and_', any_: [deploymentId] },
    state: { operator: 'and_', type: { any_: ['SCHEDULED'] } },
    expected_start_time: { before_: now.toISOString() },
  } satisfies Schemas['FlowRunFilter']
  const runs = await allPages((offset) =>
    contentOf(api.routes.POST('/flow_runs/filter', { body: { flow_runs: late, sort: 'EXPECTED_START_TIME_ASC', limit: PAGE, offset } })))
  return runs.flatMap(lateRun)
}

async function readDeployments(api: PrefectApi, names: readonly string[]): Promise<LiveDeployment[]> {
  if (names.length === 0) return []
  // By creation, which never changes and differs even between deployments of the same name: pages do not shift.
  const found = await allPages((offset) => {
    const deployments = { operator: 'and_', name: { any_: [...names] } } satisfies Schemas['DeploymentFilter']
    return contentOf(api.routes.POST('/deployments/filter', { body: { deployments, sort: 'CREATED_DESC', limit: PAGE, offset } }))
  })
  const flowNames = await readFlowNames(api, [...new Set(found.map(({ flow_id }) => flow_id))])
  return found.flatMap((deployment) => {
    const flowName = flowNames.get(deployment.flow_id)
    return flowName === undefined ? [] : [liveDeployment(deployment, flowName)] // undefined: deleted meanwhile, with its deployments
  })
}

async function readFlowNames(api: PrefectApi, ids: readonly string[]): Promise<Map<string, string>> {
  const pages = await inPages(ids, (any_) =>
    contentOf(api.routes.POST('/flows/filter', {
      body: { flows: { operator: 'and_', id: { any_ } }, sort: 'NAME_ASC', limit: PAGE, offset: 0 },
    })))
  return new Map(pages.map(({ id, name }) => [id, name]))
}

async function readWorkPools(api: PrefectApi, names: readonly string[]): Promise<LiveWorkPool[]> {
  const pools = await inPages([...new Set(names)], (any_) =>
    contentOf(api.routes.POST('/work_pools/filter', {
      body: { work_pools: { operator: 'and_', name: { any_ } }, limit: PAGE, offset: 0 },
    })))
  return pools.map(({ name, type, is_paused, base_job_template }) => ({
    name,
    type,
    paused: is_paused,
    baseJobTemplate: (base_job_template ?? {}) as JsonObject,
  }))
}

/** All rows, each once: one created meanwhile shifts the pages. */
async function allPages<T extends { id: string }>(read: (offset: number) => Promise<T[]>): Promise<T[]> {
  const found = new Map<string, T>()
  for (let offset = 0, rows = PAGE; rows === PAGE; offset += PAGE) {
    const page = await read(offset)
    for (const row of page) found.set(row.id, row)
    rows = page.length
  }
  return [...found.values()]
}

/** Asks for as many keys at once as fit on a page of the answer; every key names one row. */
async function inPages<T>(keys: readonly string[], read: (page: string[]) => Promise<T[]>): Promise<T[]> {
  const pages = Array.from({ length: Math.ceil(keys.length / PAGE) }, (_, page) => keys.slice(page * PAGE, (page + 1) * PAGE))
  return (await Promise.all(pages.map(read))).flat()
}

function liveDeployment(deployment: Schemas['DeploymentResponse'], flowName: string): LiveDeployment {
  const { id, name, updated, paused, schedules, global_concurrency_limit: limit, ...fields } = deployment
  return {
    id,
    name,
    flowName,
    updated: updated ?? '',
    paused,
    schedules: (schedules ?? []).map(liveSchedule),
    concurrencyLimit: limit == null ? null : { name: limit.name, limit: limit.limit },
    fields: fields as JsonObject,
  }
}

function liveSchedule({ id, slug, active, schedule, parameters }: Schemas['DeploymentSchedule']): LiveSchedule {
  return { id, slug: slug ?? null, active, schedule: schedule, parameters: (parameters ?? {}) as JsonObject }
}

/** The key `scheduled <deployment> <schedule> <date>` keeps a server from making the same run twice. */
function lateRun(run: Schemas['FlowRunResponse']): LateRun[] {
  const { idempotency_key: key, expected_start_time: due, name, parameters, tags, job_variables, work_queue_name: queue } = run
  const [, , schedule] = key?.split(' ') ?? []
  if (!run.auto_scheduled || schedule === undefined || due == null) return []
  const body = {
    idempotency_key: key,
    name,
    parameters,
    tags,
    job_variables,
    ...(queue != null && { work_queue_name: queue }),
    enforce_parameter_schema: false, // its parameters were right when it was made
    state: { type: 'SCHEDULED', state_details: { scheduled_time: due } },
  }
  return [{ schedule, due: new Date(due), body: body as JsonObject }]
}
