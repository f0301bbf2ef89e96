import type { Json, JsonObject } from '../planned.ts'
import type { LateRun, LiveAutomation, LiveState, LiveWorkPool, PrefectWorkspace } from '../prefect-ports.ts'
import type { components } from './prefect-api.d.ts'
import { readAutomations } from './prefect-automations.ts'
import { contentOf } from './prefect-client.ts'
import type { PrefectApi } from './prefect-client.ts'
import type { ReadDeployments } from './prefect-deployments.ts'
import { allPages, inPages, PAGE } from './prefect-pages.ts'

type Schemas = components['schemas']
type Query = Parameters<PrefectWorkspace['read']>[0]

/** Four requests for all that a release of up to 200 deployments looks at, all but that for flows concurrently. */
export async function readState(
  api: PrefectApi, { deploymentNames, workPools }: Query, readDeployments: ReadDeployments,
): Promise<LiveState> {
  const [deployments, pools, automations] = await Promise.all([
    deploymentNames.length === 0 ? [] : readDeployments({ deployments: { operator: 'and_', name: { any_: [...deploymentNames] } } }),
    readWorkPools(api, workPools),
    deploymentNames.length === 0 ? new Map<string, readonly LiveAutomation[]>() : readAutomations(api),
  ])
  return { deployments: deployments.map((each) => ({ ...each, automations: automations.get(each.id) ?? [] })), workPools: pools }
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
  const runs = await allPages((page) =>
    contentOf(api.routes.POST('/flow_runs/paginate', { body: { flow_runs: late, sort: 'EXPECTED_START_TIME_ASC', limit: PAGE, page } })))
  return runs.flatMap(lateRun)
}

/** In one request for up to 200 deployments. */
export async function readPaused(api: PrefectApi, deploymentIds: readonly string[]): Promise<ReadonlySet<string>> {
  const paused = await inPages(deploymentIds, (any_) =>
    contentOf(api.routes.POST('/deployments/filter', {
      body: {
        deployments: { operator: 'and_', id: { any_ }, paused: { eq_: true } },
        sort: 'CREATED_DESC', limit: PAGE, offset: 0,
      },
    })))
  return new Set(paused.map(({ id }) => id))
}

async function readWorkPools(api: PrefectApi, names: readonly string[]): Promise<LiveWorkPool[]> {
  const pools = await inPages([...new Set(names)], (any_) =>
    contentOf(api.routes.POST('/work_pools/filter', {
      body: { work_pools: { operator: 'and_', name: { any_ } }, limit: PAGE, offset: 0 },
    })))
  return pools.map(({ name, type, is_paused, status, description, concurrency_limit, base_job_template }) => ({
    name,
    type,
    paused: is_paused,
    status: status ?? null,
    description: description ?? null,
    concurrencyLimit: concurrency_limit ?? null,
    baseJobTemplate: (base_job_template ?? {}) as JsonObject,
  }))
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
