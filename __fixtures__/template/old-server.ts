/** What a Prefect server holds after the workflows of `before/` have run and people have used the UI; made by the requests that Prefect 2's command line sent. */
import type { PrefectRequest, Row } from '../../sandbox/workspace-state.ts'

/** `PROJECT` of the workflows: the name of each deployment and of the agent's work queue. */
export const PROJECT = 'dataflows'
/** The pool of all agents, which the server makes for the first queue without a pool. */
export const AGENT_POOL = 'default-agent-pool'
/** `scheduling.py` ran on some day; it sets hour, minute and second and leaves the microseconds. */
export const ANCHOR = '2023-05-17T21:05:00.348211-04:00'

type Blocks = { readonly storage: string; readonly infrastructure: string }
type Flow = { readonly name: string; readonly entrypoint: string; readonly parameters: Readonly<Record<string, unknown>> }

const HEALTHCHECK: Flow = { name: 'healthcheck', entrypoint: 'flows/healthcheck.py:healthcheck', parameters: {} }
const RATES: Flow = { name: 'exchange-rates', entrypoint: 'flows/exchange_rates.py:exchange_rates', parameters: { base: 'EUR', days: 1 } }
const LEVELS: Flow = { name: 'Stock Levels', entrypoint: 'flows/stock_levels.py:stock_levels', parameters: { warehouse: 'north', least: 10 } }
const MAINTENANCE: Flow = { name: 'maintenance', entrypoint: 'utilities/maintenance.py:maintenance', parameters: {} }

/** Deploys as the workflows do. */
export async function deployTheOldWay(request: PrefectRequest): Promise<void> {
  const blocks = { storage: await createBlock(request, 'S3', { bucket_path: 'acme-flows-code/prod' }), infrastructure: await createBlock(request, 'ECS Task', { cluster: 'prefect-agents' }) }
  for (const flow of [HEALTHCHECK, RATES, LEVELS]) {
    const { id } = (await request('POST', '/flows/', { name: flow.name })) as Row
    await request('POST', '/deployments/', { ...bodyOf(flow, id, blocks), infrastructure_document_id: blocks.infrastructure, schedules: scheduleOf(flow) })
    await request('POST', '/deployments/', { ...bodyOf(flow, id, blocks), name: `${PROJECT}-local` })
  }
  const { id } = (await request('POST', '/flows/', { name: MAINTENANCE.name })) as Row
  await request('POST', '/deployments/', { ...bodyOf(MAINTENANCE, id, blocks), tags: ['maintenance'], schedules: [{ schedule: { interval: 10 }, active: true }] })
}

/** And what the people did: a pause, a schedule more, other parameters, and a run for one evening, as `run_at.py` makes it. */
export async function useTheUi(request: PrefectRequest): Promise<void> {
  const pathOf = async ({ name }: Flow) => `/deployments/${((await request('GET', `/deployments/name/${encodeURIComponent(name)}/${PROJECT}`)) as Row).id}`
  await request('POST', `${await pathOf(HEALTHCHECK)}/pause_deployment`)
  const rates = await pathOf(RATES)
  await request('PATCH', rates, { parameters: { base: 'USD', days: 3 }, description: 'Ask Ada before you change this.', tags: [PROJECT, 'finance'] })
  await request('POST', `${rates}/create_flow_run`, { name: 'for-one-evening', state: { type: 'SCHEDULED', state_details: { scheduled_time: '2037-09-01T18:00:00Z' } } })
  const levels = await pathOf(LEVELS)
  await request('POST', `${levels}/schedules`, [{ schedule: { cron: '30 5 * * 6', timezone: 'Europe/Berlin' }, active: false }])
  for (const path of [rates, levels]) await request('POST', `${path}/schedule`, {})
}

/** What a reset of the sandbox, which knows of flows, leaves. */
export async function removeBlocks(request: PrefectRequest): Promise<void> {
  for (const slug of ['s3', 'ecs-task']) {
    const { id } = (await request('GET', `/block_types/slug/${slug}`)) as Row
    await request('DELETE', `/block_types/${id}`)
  }
  await request('DELETE', `/work_pools/${AGENT_POOL}`)
}

async function createBlock(request: PrefectRequest, type: string, data: Readonly<Record<string, string>>): Promise<string> {
  const { id: typeId } = (await request('POST', '/block_types/', { name: type, slug: type.toLowerCase().replace(' ', '-') })) as Row
  const schema = { type: 'object', title: type, properties: Object.fromEntries(Object.keys(data).map((name) => [name, { type: 'string' }])) }
  const { id: schemaId } = (await request('POST', '/block_schemas/', { block_type_id: typeId, fields: schema, capabilities: [] })) as Row
  const { id } = (await request('POST', '/block_documents/', { name: 'prod', data, block_type_id: typeId, block_schema_id: schemaId })) as Row
  return id
}

/** `prefect deployment build … -n $PROJECT -q $PROJECT -sb s3/prod -v $GITHUB_SHA -t $PROJECT -a`. */
function bodyOf({ entrypoint, parameters }: Flow, flowId: string, { storage }: Blocks) {
  const properties = Object.entries(parameters).map(([name, value], position) => [name, { title: name, default: value, position, type: typeof value === 'number' ? 'integer' : 'string' }])
  return {
    name: PROJECT, flow_id: flowId, entrypoint, path: '', version: 'c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00', tags: [PROJECT], work_queue_name: PROJECT,
    parameters: {}, job_variables: {}, storage_document_id: storage, enforce_parameter_schema: false,
    parameter_openapi_schema: { title: 'Parameters', type: 'object', properties: Object.fromEntries(properties) as unknown },
  }
}

/** `scheduling.py`, and the one command of `scheduling.bash`; none has a slug. */
function scheduleOf(flow: Flow): unknown[] {
  switch (flow) {
    case HEALTHCHECK: return [{ schedule: { interval: 60, anchor_date: ANCHOR }, active: true }]
    case RATES: return [{ schedule: { interval: 86_400, anchor_date: ANCHOR, timezone: 'America/New_York' }, active: true }]
    default: return [{ schedule: { cron: '0 9-17 * * 1-5' }, active: true }]
  }
}
