import { DeployError } from '../src/errors.ts'
import { isObject } from '../src/planned.ts'
import type { Json, JsonObject } from '../src/planned.ts'
import type { Clock } from '../src/ports.ts'
import type { LiveAutomation, LiveDeployment, LiveSchedule, LiveWorker, LiveWorkPool, PrefectSurvey, PrefectWorkspace, PrefectWrite, WaitingRun } from '../src/prefect-ports.ts'

/** A run that a schedule made; one that is due and not started is late, one that is `pending` a worker has already. */
export type FakeRun = {
  readonly deployment: string
  readonly schedule: string
  readonly due: Date
  readonly started?: boolean
  readonly pending?: boolean
}

export type FakeWorkspaceOptions = {
  readonly clock: Clock
  readonly deployments?: readonly LiveDeployment[]
  readonly workPools?: readonly LiveWorkPool[]
  readonly runs?: readonly FakeRun[]
  readonly variables?: Readonly<Record<string, Json>>
  /** By `type/name`. */
  readonly blocks?: Readonly<Record<string, JsonObject>>
  readonly writeConcurrency?: number
  /** Fields that this server answers well and does not store, as older ones do. */
  readonly notTaken?: readonly string[]
}

/** `deployment` is whom its actions run, `isOwned` whether a deploy made it. */
export type FakeAutomation = LiveAutomation & { readonly deployment: string; readonly isOwned: boolean }

export type FakeWorkspace = PrefectWorkspace & {
  readonly automations: FakeAutomation[]
  readonly workPools: LiveWorkPool[]
  /** By work pool. */
  readonly workers: Map<string, readonly LiveWorker[]>
  readonly survey: PrefectSurvey
  readonly deployments: LiveDeployment[]
  readonly flows: Map<string, string>
  runs: FakeRun[]
  readonly writes: PrefectWrite[]
  readonly reads: number
  /** Called before each write with its number, from 1; what it throws is the server's answer. */
  beforeWrite: (number: number, write: PrefectWrite) => void
  /** Called after each write: what it throws is a lost answer. */
  afterWrite: (number: number, write: PrefectWrite) => void
}

const AHEAD_MS = 180_000
const MINUTE_MS = 60_000
const PAGE = 200

/**
 * A workspace in memory that behaves as a Prefect server where that matters to a release: a write of a deployment drops its
 * future runs, deleting a schedule the late ones of all schedules too; schedule-runs also starts a paused deployment; pool
 * and queue reset each other; a schedule's PATCH wipes its parameters. Every schedule is due at each full minute.
 */
export function createFakeWorkspace(options: FakeWorkspaceOptions): FakeWorkspace {
  const { clock, variables = {}, blocks = {}, notTaken = [] } = options
  const deployments = [...(options.deployments ?? [])]
  const pools = [...(options.workPools ?? [])]
  const automations: FakeAutomation[] = []
  const flows = new Map<string, string>(deployments.map(({ flowName }) => [flowName, `flow-${flowName}`]))
  let ids = 0
  let reads = 0
  const newId = (kind: string) => `${kind}-${++ids}`

  const workspace: FakeWorkspace = {
    deployments,
    automations,
    workPools: pools,
    workers: new Map(),
    flows,
    runs: [...(options.runs ?? [])],
    writes: [],
    get reads() {
      return reads
    },
    beforeWrite: () => undefined,
    afterWrite: () => undefined,
    read: ({ deploymentNames, workPools }) => {
      reads++
      return Promise.resolve({
        deployments: deployments.filter(({ name }) => deploymentNames.includes(name)).map((each) => ({
          ...each,
          automations: automations.filter(({ deployment }) => deployment === each.id).map(({ id, name, body }) => ({ id, name, body })),
        })),
        workPools: pools.filter(({ name }) => workPools.includes(name)),
      })
    },
    lookUp: (reference) =>
      Promise.resolve('variable' in reference ? variables[reference.variable] : blocks[`${reference.blockType}/${reference.block}`]),
    lateRuns: (id) =>
      Promise.resolve(
        workspace.runs
          .filter(({ deployment, due, started = false, pending = false }) => deployment === id && due <= clock.now() && !started && !pending)
          .map(({ schedule, due }) => ({ schedule, due, body: {} })),
      ),
    workersOf: (pool) => Promise.resolve(workspace.workers.get(pool) ?? []),
    pausedOf: (ids) => Promise.resolve(new Set(deployments.filter(({ id, paused }) => paused && ids.includes(id)).map(({ id }) => id))),
    write: (write) => {
      const number = workspace.writes.push(write)
      return Promise.resolve().then(() => {
        workspace.beforeWrite(number, write)
        const created = take(write)
        workspace.afterWrite(number, write)
        return created
      })
    },
    writeConcurrency: () => options.writeConcurrency ?? 1,
    version: () => '3.8.8',
    isCloud: false,
    pageOf: (id) => `https://prefect.example/deployments/deployment/${id}`,
    survey: {
      deploymentsOf: ({ flowNames, workPools }) => {
        reads++
        const isInScope = ({ flowName, fields: { work_pool_name: pool } }: LiveDeployment) =>
          flowNames?.includes(flowName) !== false && typeof pool === 'string' && workPools.includes(pool)
        return Promise.resolve(deployments.filter(isInScope))
      },
      waitingRuns: (ids) => {
        reads++
        const waiting = workspace.runs.filter(({ deployment, started = false }) => ids.includes(deployment) && !started)
        const earliest = waiting.map(waitingRun).sort((one, other) => one.due.getTime() - other.due.getTime()).slice(0, PAGE)
        return Promise.resolve({ earliest, total: waiting.length })
      },
    },
  }
  return workspace satisfies PrefectWorkspace

  function take(write: PrefectWrite): string | undefined {
    switch (write.kind) {
      case 'create-flow': {
        const id = flows.get(write.name) ?? `flow-${write.name}`
        flows.set(write.name, id)
        return id
      }
      case 'create-deployment':
        return createDeployment(write.body)
      case 'update-deployment':
        replace(write.id, (live) => updated(live, leaveOut(write.body, notTaken)))
        dropRuns(write.id, 'future')
        return undefined
      case 'delete-deployment':
        deployments.splice(indexOf(write.id), 1)
        dropRuns(write.id, 'all')
        return undefined
      case 'create-schedule': {
        const schedule = newSchedule(write.body)
        replace(write.deployment, (live) => {
          if (schedule.slug !== null && live.schedules.some(({ slug }) => slug === schedule.slug)) throw refused(409, 'duplicate slug')
          return { ...live, schedules: [...live.schedules, schedule] }
        })
        return schedule.id
      }
      case 'update-schedule':
        replace(write.deployment, (live) => ({
          ...live,
          schedules: live.schedules.map((each) => (each.id === write.id ? patched(each, write.body) : each)),
        }))
        dropRuns(write.deployment, 'future')
        return undefined
      case 'delete-schedule':
        replace(write.deployment, (live) => ({ ...live, schedules: live.schedules.filter(({ id }) => id !== write.id) }))
        dropRuns(write.deployment, 'all')
        return undefined
      case 'schedule-runs':
        scheduleRuns(write.deployment, write.start)
        return undefined
      case 'restore-run':
        addRun({ deployment: write.deployment, schedule: write.run.schedule, due: write.run.due })
        return undefined
      case 'delete-run':
        workspace.runs = workspace.runs.filter((run) => waitingRun(run).id !== write.id)
        return undefined
      case 'create-automation':
        return createAutomation(write.body)
      case 'update-automation':
        automations.splice(0, Infinity, ...automations.map((each) => (each.id === write.id ? { ...each, name: textOf(write.body.name), body: write.body } : each)))
        return undefined
      case 'delete-automation':
        automations.splice(0, Infinity, ...automations.filter(({ id }) => id !== write.id))
        return undefined
      case 'delete-owned-automations':
        automations.splice(0, Infinity, ...automations.filter(({ deployment, isOwned }) => deployment !== write.deployment || !isOwned))
        return undefined
      case 'apply-slas':
        return undefined
      case 'create-work-pool':
        if (pools.some(({ name }) => name === write.body.name)) throw refused(409, 'A work pool with this name already exists.')
        pools.push(poolOf({}, leaveOut(write.body, notTaken)))
        return newId('pool')
      case 'update-work-pool':
        if (pools.every(({ name }) => name !== write.name)) throw refused(404, `Work pool "${write.name}" not found.`)
        pools.splice(0, Infinity, ...pools.map((pool) => (pool.name === write.name ? poolOf(pool, leaveOut(write.body, notTaken)) : pool)))
        return undefined
      case 'delete-work-pool':
        pools.splice(0, Infinity, ...pools.filter(({ name }) => name !== write.name))
        return undefined
    }
  }

  function createAutomation({ owner_resource: owner, ...body }: JsonObject): string {
    const id = newId('automation')
    const [action] = Array.isArray(body.actions) ? (body.actions as readonly JsonObject[]) : []
    automations.push({ id, name: textOf(body.name), deployment: textOf(action?.deployment_id), isOwned: owner != null, body })
    return id
  }

  function createDeployment(body: JsonObject): string {
    const { name, flow_id, paused = false, schedules = [], concurrency_limit: limit, ...fields } = body
    const flowName = [...flows].find(([, id]) => id === flow_id)?.[0]
    if (typeof name !== 'string' || flowName === undefined) throw refused(404, 'flow not found')
    if (typeof fields.work_pool_name === 'string' && pools.every((pool) => pool.name !== fields.work_pool_name)) {
      throw refused(404, `Work pool "${fields.work_pool_name}" not found.`)
    }
    const id = newId('deployment')
    deployments.push({
      id,
      name,
      flowName,
      updated: clock.now().toISOString(),
      paused: paused === true,
      schedules: (schedules as readonly JsonObject[]).map(newSchedule),
      automations: [],
      concurrencyLimit: typeof limit === 'number' ? { name: `deployment:${id}`, limit } : null,
      fields: leaveOut({ flow_id: `flow-${flowName}`, tags: [], parameters: {}, job_variables: {}, ...fields }, notTaken),
    })
    return id
  }

  function updated(live: LiveDeployment, body: JsonObject): LiveDeployment {
    const { paused = live.paused, concurrency_limit: limit, schedules, ...fields } = body
    if (schedules !== undefined) throw new Error('PATCH with schedules has rules of its own: write them one by one')
    const resets = {
      ...(body.work_queue_name !== undefined && body.work_pool_name === undefined && { work_pool_name: 'default-agent-pool' }),
      ...(body.work_pool_name !== undefined && body.work_queue_name === undefined && { work_queue_name: 'default' }),
    }
    return {
      ...live,
      updated: clock.now().toISOString(),
      paused: paused === true,
      concurrencyLimit:
        limit === undefined ? live.concurrencyLimit : typeof limit === 'number' ? { name: `deployment:${live.id}`, limit } : null,
      fields: { ...live.fields, ...fields, ...resets },
    }
  }

  function newSchedule({ slug = null, active = true, schedule = {}, parameters = {}, max_scheduled_runs: most = null }: JsonObject): LiveSchedule {
    return {
      id: newId('schedule'),
      slug: slug as string | null,
      active: active === true,
      schedule: schedule as JsonObject,
      parameters: parameters as JsonObject,
      maxScheduledRuns: typeof most === 'number' ? most : null,
    }
  }

  function patched(live: LiveSchedule, body: JsonObject): LiveSchedule {
    const { slug = live.slug, active = live.active, schedule = live.schedule, parameters = {} } = body
    return {
      ...live,
      slug: slug as string | null,
      active: active === true,
      schedule: schedule as JsonObject,
      parameters: parameters as JsonObject,
    }
  }

  function dropRuns(id: string, which: 'future' | 'all'): void {
    const isKept = ({ deployment, due, started = false, pending = false }: FakeRun) =>
      deployment !== id || started || pending || (which === 'future' && due <= clock.now())
    workspace.runs = workspace.runs.filter(isKept)
  }

  function scheduleRuns(deployment: string, start: Date): void {
    const { schedules } = deployments[indexOf(deployment)] ?? { schedules: [] }
    const first = Math.ceil(start.getTime() / MINUTE_MS) * MINUTE_MS
    for (const { id: schedule } of schedules.filter(({ active }) => active)) {
      for (let due = first; due <= clock.now().getTime() + AHEAD_MS; due += MINUTE_MS) addRun({ deployment, schedule, due: new Date(due) })
    }
  }

  /** A schedule makes one run for one instant, whatever became of it. */
  function addRun(run: FakeRun): void {
    const isSame = ({ schedule, due }: FakeRun) => schedule === run.schedule && due.getTime() === run.due.getTime()
    if (!workspace.runs.some(isSame)) workspace.runs.push(run)
  }

  function replace(id: string, change: (live: LiveDeployment) => LiveDeployment): void {
    const index = indexOf(id)
    deployments.splice(index, 1, ...deployments.slice(index, index + 1).map(change))
  }

  function indexOf(id: string): number {
    const index = deployments.findIndex((each) => each.id === id)
    if (index === -1) throw refused(404, 'Deployment not found.')
    return index
  }
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}

function poolOf(live: Partial<LiveWorkPool>, body: JsonObject): LiveWorkPool {
  const { name, type, description = live.description, concurrency_limit: limit = live.concurrencyLimit, base_job_template: template = live.baseJobTemplate } = body
  return {
    name: live.name ?? textOf(name), type: live.type ?? textOf(type), paused: live.paused ?? false, status: live.status ?? 'NOT_READY',
    description: typeof description === 'string' ? description : null, concurrencyLimit: typeof limit === 'number' ? limit : null,
    baseJobTemplate: isObject(template) ? template : {},
  }
}

function waitingRun({ deployment, schedule, due, pending = false }: FakeRun): WaitingRun {
  const id = `${schedule} ${due.toISOString()}`
  return { id, name: id, deploymentId: deployment, state: pending ? 'PENDING' : 'SCHEDULED', due, autoScheduled: true }
}

function leaveOut(body: JsonObject, fields: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(body).filter(([field]) => !fields.includes(field)))
}

function refused(status: number, reason: string): DeployError {
  return new DeployError('prefect-request-failed', `Prefect answered with ${status}: ${reason}`)
}
