import { isDeepStrictEqual } from 'node:util'
import { isList, isObject } from '../planned.ts'
import type { Json, JsonObject } from '../planned.ts'
import type { LiveAutomation } from '../prefect-ports.ts'
import type { components } from './prefect-api.d.ts'
import { contentOf, gone } from './prefect-client.ts'
import type { PrefectApi } from './prefect-client.ts'
import { allRows, PAGE } from './prefect-pages.ts'
import { applySlas } from './prefect-slas.ts'
import type { Write } from './prefect-write.ts'

type Schemas = components['schemas']
type AutomationWrite = Write<'create-automation' | 'update-automation' | 'delete-automation' | 'delete-owned-automations' | 'apply-slas'>

/** What a PUT takes; it refuses any other key. */
const WRITABLE = ['name', 'description', 'enabled', 'tags', 'trigger', 'actions', 'actions_on_trigger', 'actions_on_resolve']
/** Of servers that have no automations. */
const UNSUPPORTED = [404, 405]

/** All automations of the workspace, by the id of each deployment that they run: only so can they be read in bulk. */
export async function readAutomations(api: PrefectApi): Promise<ReadonlyMap<string, readonly LiveAutomation[]>> {
  const rows = await allRows(async (limit, offset) => {
    const { data } = await api.routes.POST('/automations/filter', {
      body: { sort: 'CREATED_DESC', limit, offset }, fetch: api.sending({ accept: UNSUPPORTED }),
    })
    return data ?? []
  })
  const found = new Map<string, LiveAutomation[]>()
  for (const row of rows) {
    for (const deployment of deploymentsRun(actionsOf(row))) found.set(deployment, [...(found.get(deployment) ?? []), liveAutomation(row)])
  }
  return found
}

/** Makes one write to the automations of a deployment. @returns the id of one that was created. */
export async function writeAutomation(api: PrefectApi, write: AutomationWrite): Promise<string | undefined> {
  switch (write.kind) {
    case 'create-automation':
      return createAutomation(api, write.body)
    case 'update-automation':
      await api.routes.PUT('/automations/{id}', { params: { path: { id: write.id } }, body: write.body as Schemas['AutomationUpdate'] })
      return undefined
    case 'delete-automation':
      await api.routes.DELETE('/automations/{id}', { params: { path: { id: write.id } }, fetch: gone(api) })
      return undefined
    case 'delete-owned-automations':
      await api.routes.DELETE('/automations/owned-by/{resource_id}', {
        params: { path: { resource_id: `prefect.deployment.${write.deployment}` } }, fetch: gone(api),
      })
      return undefined
    case 'apply-slas':
      await applySlas(api, write)
      return undefined
  }
}

/** Names are not unique: one whose answer was lost is the newest of this name that runs the same deployments. */
async function createAutomation(api: PrefectApi, body: JsonObject): Promise<string> {
  const sent = body as Schemas['AutomationCreate']
  const findAnswer = async () => {
    const named = await contentOf(api.routes.POST('/automations/filter', {
      body: { automations: { operator: 'and_', name: { any_: [sent.name] } }, sort: 'CREATED_DESC', limit: PAGE, offset: 0 },
    }))
    const found = named.find((row) => isDeepStrictEqual(deploymentsRun(actionsOf(row)), deploymentsRun(body.actions)))
    return found && Response.json(found)
  }
  return (await contentOf(api.routes.POST('/automations/', { body: sent, fetch: api.sending({ findAnswer }) }))).id
}

function liveAutomation(row: Schemas['Automation']): LiveAutomation {
  const body = Object.fromEntries(Object.entries(row).filter(([key]) => WRITABLE.includes(key)))
  return { id: row.id, name: row.name, body: body as JsonObject }
}

/** As JSON: Prefect Cloud has actions that the open-source server does not know. */
function actionsOf({ actions }: Schemas['Automation']): Json {
  return actions as readonly Json[]
}

/** Ids of the deployments that actions run, each once. */
function deploymentsRun(actions: Json | undefined): string[] {
  const own = isList(actions) ? actions.filter(isObject) : []
  const ids = own.flatMap(({ type, deployment_id: id }) => (type === 'run-deployment' && typeof id === 'string' ? [id] : []))
  return [...new Set(ids)]
}
