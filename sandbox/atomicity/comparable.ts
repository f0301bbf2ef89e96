/** What two states of a workspace are compared by: everything that the API tells, but for what differs between any two moments. */
import type { Row, WorkspaceState } from '../workspace-state.ts'
import type { Forgives, Loss } from './losses.ts'

/** By words for an object, as `deployment sales-report/report` or `runs of sales-report/report`. */
export type Comparable = Readonly<Record<string, unknown>>

/** Times of the rows themselves, and what depends on workers and clocks. */
const PASSING = [
  'created', 'updated', 'last_polled', 'status', 'state_name', 'state', 'state_id', 'estimated_start_time_delta', 'estimated_run_time', 'total_run_time',
]

/** Of a run; the rest follows from the deployment, or is the server's own bookkeeping. */
const OF_RUN = [
  'parameters', 'tags', 'state_type', 'expected_start_time', 'auto_scheduled', 'work_queue_name', 'work_pool_name', 'job_variables',
] as const

export type Comparing = {
  /** Ids that count, of what was there before; all others stand for something new. */
  readonly known: ReadonlySet<string>
  readonly forgives: Forgives
}

export function comparable(state: WorkspaceState, comparing: Comparing): Comparable {
  const { known, forgives } = comparing
  const names = new Map(state.deployments.map(({ id, flowName, name }) => [id, `${flowName}/${name}`]))
  const mayStay = (loss: Loss) => (row: Row & { readonly name: string }) => known.has(row.id) || !forgives(loss, row.name)
  const entries = [
    ...state.deployments.map((row) => [`deployment ${row.flowName}/${row.name}`, deploymentOf(row, comparing)] as const),
    ...state.automations.map((row) => [`automation ${row.name}`, automationOf(row, comparing)] as const),
    ...state.concurrencyLimits.map((row) => limitOf(row, names, comparing)),
    ...[...names.values(), undefined].map((name) => {
      const areCompared = name === undefined || !forgives('late-runs', name)
      const runs = state.flowRuns.filter((row) => names.get(String(row.deployment_id)) === name && (areCompared || isToCome(row)))
      return [`runs of ${name ?? 'no deployment'}`, runs.map((row) => runOf(row, name, comparing)).toSorted(byText)] as const
    }),
    ...state.flows.filter(mayStay('created-flows')).map((row) => [`flow ${row.name}`, identified(row, known)] as const),
    ...state.workPools.map((row) => [`work pool ${row.name}`, identified(row, known)] as const),
    ...state.workQueues.filter(mayStay('created-queues')).map((row) => [`work queue ${row.name} of ${String(row.work_pool_name)}`, identified(row, known)] as const),
  ]
  const fresh = [...names, ...[...state.flows, ...state.workQueues].map(({ id, name }) => [id, name] as const)].filter(([id]) => !known.has(id))
  return JSON.parse(renamed(JSON.stringify(lasting(Object.fromEntries(entries))), fresh)) as Comparable
}

/** All ids that a state has, of whatever. */
export function idsOf(state: WorkspaceState): ReadonlySet<string> {
  const rows: readonly Row[] = Object.values(state).flat()
  const triggers = state.automations.map(triggerOf)
  return new Set([...rows, ...triggers, ...state.deployments.flatMap(schedulesOf)].map(({ id }) => id))
}

function identified(row: Row, known: ReadonlySet<string>, isLost = false): Row {
  return { ...row, id: isLost || !known.has(row.id) ? 'new' : row.id }
}

/** Every write of an automation gives its trigger another id, by which the server counts its events. */
function automationOf(row: WorkspaceState['automations'][number], { known, forgives }: Comparing): Row {
  const isLost = forgives('automation-id', row.name)
  return { ...identified(row, known, isLost), trigger: identified(triggerOf(row), known, isLost) }
}

function triggerOf({ trigger }: Row): Row {
  return trigger as Row
}

/** Its limit is compared on its own. */
function deploymentOf(row: WorkspaceState['deployments'][number], { known, forgives }: Comparing): Row {
  const name = `${row.flowName}/${row.name}`
  const schedules = schedulesOf(row).map((each) => ({
    ...identified(each, known, forgives('schedule-id', `${name}: ${String(each.slug)}`)),
    ...(forgives('no-slug', name) && { slug: 'any' }),
  }))
  return { ...identified(row, known), global_concurrency_limit: null, schedules, ...(forgives('references', name) && { parameters: 'any' }) }
}

function limitOf(row: WorkspaceState['concurrencyLimits'][number], names: ReadonlyMap<string, string>, { known, forgives }: Comparing) {
  const owner = names.get(row.name.replace('deployment:', '')) ?? row.name
  const isLost = forgives('limit-slots', owner)
  return [`limit of ${owner}`, { ...identified(row, known, isLost), ...(isLost && { active_slots: 'any' }) }] as const
}

/** A restored run has another id, and is no longer known as one that a schedule has made. */
function runOf(row: Row, deployment: string | undefined, { known, forgives }: Comparing): Row {
  const isLost = deployment !== undefined && forgives('run-ids', deployment)
  const fields = Object.fromEntries(OF_RUN.map((field) => [field, row[field]]))
  const { id } = identified(row, known, isToCome(row) || isLost)
  return { id, ...fields, ...(!isToCome(row) && { name: row.name }), ...(isLost && { auto_scheduled: 'any' }) }
}

/** Made by a schedule for later: any write deletes it, and it is made again under another id and name. */
function isToCome(row: Row): boolean {
  return row.auto_scheduled === true && row.state_type === 'SCHEDULED' && Date.parse(String(row.expected_start_time)) > Date.now()
}

function schedulesOf({ schedules }: Row): readonly Row[] {
  return (schedules as readonly Row[]).toSorted((left, right) => byText([left.slug, left.schedule], [right.slug, right.schedule]))
}

function lasting(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lasting)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).filter(([key]) => !PASSING.includes(key)).map(([key, item]) => [key, lasting(item)]))
}

/** The id of a new deployment, flow or queue stands in the names of limits, in automations and labels. */
function renamed(text: string, fresh: readonly (readonly [string, string])[]): string {
  return fresh.reduce((result, [id, name]) => result.replaceAll(id, `id of ${name}`), text)
}

function byText(left: unknown, right: unknown): number {
  return JSON.stringify(left).localeCompare(JSON.stringify(right))
}
