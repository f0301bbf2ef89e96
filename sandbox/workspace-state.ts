/** All that a Prefect workspace holds, as the REST API tells it: what two releases, or two programs, are compared by. */

/** One row of the API: its `id` and all other members. */
export type Row = { readonly id: string; readonly [field: string]: unknown }

export type WorkspaceState = {
  /** With the name of their flow, which the API leaves out. */
  readonly deployments: readonly (Row & { readonly name: string; readonly flowName: string })[]
  readonly flows: readonly (Row & { readonly name: string })[]
  readonly automations: readonly (Row & { readonly name: string })[]
  readonly workPools: readonly (Row & { readonly name: string })[]
  readonly workQueues: readonly (Row & { readonly name: string })[]
  /** Global concurrency limits; those of deployments are named `deployment:<id>`. */
  readonly concurrencyLimits: readonly (Row & { readonly name: string })[]
  readonly flowRuns: readonly Row[]
}

/** A request to the server, past every recorder. @throws Error when it is refused. */
export type PrefectRequest = (method: string, path: string, body?: unknown) => Promise<unknown>

/** The most rows that a server gives at once. */
const PAGE = 200

/** Reads all pages of everything; each list is in a stable order. */
export async function readWorkspaceState(request: PrefectRequest): Promise<WorkspaceState> {
  const [flows, deployments, automations, workPools, workQueues, concurrencyLimits, flowRuns] = await Promise.all([
    readAll<WorkspaceState['flows'][number]>(request, '/flows/filter', 'NAME_ASC'),
    readAll<WorkspaceState['deployments'][number] & { readonly flow_id: string }>(request, '/deployments/filter', 'NAME_ASC'),
    readAll<WorkspaceState['automations'][number]>(request, '/automations/filter', 'NAME_ASC'),
    readAll<WorkspaceState['workPools'][number]>(request, '/work_pools/filter'),
    readAll<WorkspaceState['workQueues'][number]>(request, '/work_queues/filter'),
    readAll<WorkspaceState['concurrencyLimits'][number]>(request, '/v2/concurrency_limits/filter'),
    readAll<Row>(request, '/flow_runs/filter', 'ID_DESC'),
  ])
  const nameOf = new Map(flows.map(({ id, name }) => [id, name]))
  return {
    flows, automations, workPools, workQueues, concurrencyLimits, flowRuns,
    deployments: deployments.map((row) => ({ ...row, flowName: nameOf.get(row.flow_id) ?? '' })),
  }
}

/** Deletes what deploys make: automations, flows with their deployments and runs, limits. @returns what the workspace held. */
export async function deleteDeployed(request: PrefectRequest): Promise<WorkspaceState> {
  const state = await readWorkspaceState(request)
  for (const { id } of state.automations) await request('DELETE', `/automations/${id}`)
  for (const { id } of state.flows) await request('DELETE', `/flows/${id}`)
  for (const { id } of state.concurrencyLimits) await request('DELETE', `/v2/concurrency_limits/${id}`)
  return state
}

async function readAll<T extends Row>(request: PrefectRequest, path: string, sort?: string): Promise<T[]> {
  const rows: T[] = []
  for (;;) {
    const page = (await request('POST', path, { limit: PAGE, offset: rows.length, ...(sort !== undefined && { sort }) })) as readonly T[]
    rows.push(...page)
    if (page.length < PAGE) return rows
  }
}
