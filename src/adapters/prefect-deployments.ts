import type { JsonObject } from '../planned.ts'
import type { LiveDeployment, LiveSchedule } from '../prefect-ports.ts'
import type { components } from './prefect-api.d.ts'
import { contentOf } from './prefect-client.ts'
import type { PrefectApi } from './prefect-client.ts'
import { allPages, inPages, PAGE } from './prefect-pages.ts'

type Schemas = components['schemas']

/** Which deployments; all filters must hold. */
export type DeploymentQuery = {
  readonly deployments?: Schemas['DeploymentFilter']
  readonly flows?: Schemas['FlowFilter']
  readonly work_pools?: Schemas['WorkPoolFilter']
}

/** @param flowNames of all flows that the query can find, where they are known. */
export type ReadDeployments = (query: DeploymentQuery, flowNames?: readonly string[]) => Promise<LiveDeployment[]>

/**
 * Deployments come without the names of their flows: each flow is asked for once in a connection. Its name never
 * changes, and a flow that is deleted takes its deployments along.
 */
export function readingDeployments(api: PrefectApi): ReadDeployments {
  const known = new Map<string, string>()
  return async (query, flowNames = []) => {
    // By creation, which never changes and differs even between deployments of the same name: pages do not shift.
    const found = await allPages((page) =>
      contentOf(api.routes.POST('/deployments/paginate', { body: { ...query, sort: 'CREATED_DESC', limit: PAGE, page } })))
    const unknown = [...new Set(found.map(({ flow_id }) => flow_id))].filter((id) => !known.has(id))
    for (const { id, name } of deduced(unknown, flowNames, known) ?? await readFlows(api, unknown)) known.set(id, name)
    return found.flatMap((deployment) => {
      const flowName = known.get(deployment.flow_id)
      return flowName === undefined ? [] : [liveDeployment(deployment, flowName)] // undefined: deleted meanwhile, with its deployments
    })
  }
}

type Flow = { readonly id: string; readonly name: string }

/** The only unknown one of flows that were asked for by their names has the only name that is left: that saves a request. */
function deduced([id, ...others]: readonly string[], names: readonly string[], known: ReadonlyMap<string, string>): Flow[] | undefined {
  const taken = new Set(known.values())
  const [name, ...more] = names.filter((each) => !taken.has(each))
  return id === undefined || name === undefined || others.length + more.length > 0 ? undefined : [{ id, name }]
}

function readFlows(api: PrefectApi, ids: readonly string[]): Promise<Flow[]> {
  return inPages(ids, (any_) =>
    contentOf(api.routes.POST('/flows/filter', {
      body: { flows: { operator: 'and_', id: { any_ } }, sort: 'NAME_ASC', limit: PAGE, offset: 0 },
    })))
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
    automations: [],
    concurrencyLimit: limit == null ? null : { name: limit.name, limit: limit.limit },
    fields: fields as JsonObject,
  }
}

function liveSchedule({ id, slug, active, schedule, parameters, max_scheduled_runs: most }: Schemas['DeploymentSchedule']): LiveSchedule {
  return { id, slug: slug ?? null, active, schedule: schedule, parameters: (parameters ?? {}) as JsonObject, maxScheduledRuns: most ?? null }
}
