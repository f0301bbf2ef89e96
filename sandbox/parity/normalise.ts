/** The same words for the same state on two servers: without ids and times of their own. */
import type { Row, WorkspaceState } from '../workspace-state.ts'

/** What is compared, by names instead of ids; a deployment as `flow/deployment`. */
export type Normalised = {
  readonly flows: readonly string[]
  readonly workQueues: readonly string[]
  readonly deployments: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

/** Fields of a deployment that name instances of one server, or that tell when and by whom. */
const OF_THE_SERVER = new Set([
  'id', 'created', 'updated', 'flow_id', 'flowName', 'name', 'work_queue_id', 'last_polled', 'created_by', 'updated_by', 'status',
  'concurrency_limit', // always null
])

/** @param since times after it are those of the deploy itself. */
export function normalise(state: WorkspaceState, since: Date): Normalised {
  const pools = new Map(state.workPools.map(({ id, name }) => [id, name]))
  const nameOf = new Map(state.deployments.map(({ id, flowName, name }) => [id, `${flowName}/${name}`]))
  const names = new Map([...nameOf, ...state.flows.map(({ id, name }) => [id, name] as const)])
  const deployments = state.deployments.map((row) => {
    const automations = state.automations.filter((automation) => JSON.stringify(automation.actions).includes(row.id))
    return [nameOf.get(row.id) ?? '', timeless(named(deploymentOf(row, automations), names), since)] as const
  })
  return {
    flows: state.flows.map(({ name }) => name).toSorted(),
    workQueues: state.workQueues.map((queue) => `${pools.get(String(queue.work_pool_id)) ?? ''}/${queue.name}`).toSorted(),
    deployments: Object.fromEntries(deployments.toSorted(([one], [other]) => one.localeCompare(other))) as Normalised['deployments'],
  }
}

function deploymentOf(row: Row, automations: WorkspaceState['automations']): Record<string, unknown> {
  const fields = Object.entries(row).filter(([field]) => !OF_THE_SERVER.has(field))
  const { global_concurrency_limit: limit, pull_steps: steps, schedules } = row
  return {
    ...Object.fromEntries(fields),
    pull_steps: steps ?? [], // null means the same
    global_concurrency_limit: limit === null ? null : only(limit as Row, ['limit', 'active', 'name', 'slot_decay_per_second']),
    schedules: (schedules as readonly Row[]).map(scheduleOf).toSorted((one, other) => keyOf(one).localeCompare(keyOf(other))),
    automations: automations.map((automation) => without(automation, ['id', 'created', 'updated'])),
  }
}

function scheduleOf(row: Row): Record<string, unknown> {
  return without(row, ['id', 'created', 'updated', 'deployment_id'])
}

/** Slugs identify schedules; those without are a set. */
function keyOf({ slug, schedule, parameters }: Record<string, unknown>): string {
  const rule = without(schedule as Record<string, unknown>, ['anchor_date'])
  return JSON.stringify([slug, rule, parameters])
}

/** Names in the place of ids; triggers have ids of their own, which nothing refers to. */
function named(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') return replaceIds(value, names)
  if (Array.isArray(value)) return value.map((item) => named(item, names))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([key, item]) => key !== 'id' || names.has(String(item)))
  return Object.fromEntries(entries.map(([key, item]) => [key, named(item, names)]))
}

function replaceIds(text: string, names: ReadonlyMap<string, string>): string {
  return text.replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (id) => names.get(id) ?? id)
}

function timeless(value: unknown, since: Date): unknown {
  if (typeof value === 'string') return isNewer(value, since) ? '<now>' : value
  if (Array.isArray(value)) return value.map((item) => timeless(item, since))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, timeless(item, since)]))
}

/** Only full times: days of the calendar are content. */
function isNewer(text: string, since: Date): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(text) && new Date(text) >= since && new Date(text) <= new Date()
}

function only(row: Row, fields: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).filter(([field]) => fields.includes(field)))
}

function without(row: Readonly<Record<string, unknown>>, fields: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).filter(([field]) => !fields.includes(field)))
}
