/** One of the two Prefect servers: what the cases refer to is on it, and it is emptied between them. */
import { createProxyControl } from '../recording-proxy.ts'
import { isPrefectWrite } from '../prefect-recorder.ts'
import { askPrefect } from '../seed-prefect.ts'
import type { PrefectAddress } from '../seed-prefect.ts'
import { deleteDeployed, readWorkspaceState } from '../workspace-state.ts'
import type { PrefectRequest, WorkspaceState } from '../workspace-state.ts'
import type { Block } from './scene.ts'

export interface Side {
  /** Leads through the recorder. */
  readonly apiUrl: string
  readonly request: PrefectRequest
  read(): Promise<WorkspaceState>
  /** Runs something and tells the writes that it made through the recorder, as `PATCH /deployments/…`. */
  writesDuring(work: () => Promise<unknown>): Promise<readonly string[]>
  /** Takes away all that a deploy makes: flows with their deployments, automations, limits, and work queues that were not there. */
  empty(): Promise<void>
  provide(things: Surroundings): Promise<void>
  /** Leaves the server as it was before, but for variables and blocks. */
  leave(): Promise<void>
}

/** What Prefect files refer to. */
export type Surroundings = {
  /** Names of ECS work pools. */
  readonly workPools: readonly string[]
  readonly variables: Readonly<Record<string, unknown>>
  readonly blocks: readonly Block[]
}

/** @param prefect a server that has been seeded, with the recorder that `apiUrl` and `recorder` name. */
export async function connectSide(prefect: PrefectAddress & { readonly apiUrl: string; readonly recorder: string }): Promise<Side> {
  const request: PrefectRequest = (method, path, body) => askPrefect(prefect, { method, path, body })
  const recorder = createProxyControl(prefect.recorder)
  const read = () => readWorkspaceState(request)
  const first = await read()
  const queues = new Set(first.workQueues.map(({ id }) => id))
  return {
    apiUrl: prefect.apiUrl,
    request,
    read,
    writesDuring: async (work) => {
      await recorder.clearJournal()
      await work()
      return (await recorder.journal()).filter(isPrefectWrite).map(({ method, path }) => `${method} ${path}`)
    },
    empty: () => empty(request, queues),
    provide: async (things) => {
      await provide(request, things)
      for (const { id } of (await read()).workQueues) queues.add(id)
    },
    leave: async () => {
      await empty(request, queues)
      const made = (await read()).workPools.filter(({ id }) => first.workPools.every((pool) => pool.id !== id))
      for (const { name } of made) await request('DELETE', `/work_pools/${encodeURIComponent(name)}`)
    },
  }
}

async function empty(request: PrefectRequest, kept: ReadonlySet<string>): Promise<void> {
  const { workQueues } = await deleteDeployed(request)
  for (const { id } of workQueues.filter(({ id }) => !kept.has(id))) await request('DELETE', `/work_queues/${id}`)
}

async function provide(request: PrefectRequest, { workPools, variables, blocks }: Surroundings): Promise<void> {
  const pools = (await readWorkspaceState(request)).workPools
  const template = pools[0]?.base_job_template
  for (const name of workPools.filter((name) => pools.every((pool) => pool.name !== name))) {
    await request('POST', '/work_pools/', { name, type: 'ecs', base_job_template: template })
  }
  for (const [name, value] of Object.entries(variables)) {
    const found = await request('POST', '/variables/filter', { variables: { name: { any_: [name] } } }) as readonly unknown[]
    if (found.length === 0) await request('POST', '/variables/', { name, value })
  }
  for (const block of blocks) await provideBlock(request, block)
}

async function provideBlock(request: PrefectRequest, { type, name, value }: Block): Promise<void> {
  const { id: typeId } = (await request('GET', `/block_types/slug/${type}`)) as { readonly id: string }
  const documents = (await request('GET', `/block_types/slug/${type}/block_documents`)) as readonly { readonly name: string }[]
  if (documents.some((document) => document.name === name)) return
  const [schema] = (await request('POST', '/block_schemas/filter', {
    block_schemas: { block_type_id: { any_: [typeId] } },
  })) as readonly { readonly id: string }[]
  const data = type === 'secret' ? { value } : value
  await request('POST', '/block_documents/', { name, data, block_type_id: typeId, block_schema_id: schema?.id })
}
