import { DeployError, isCancelled } from '../errors.ts'
import type { Clock, Log } from '../ports.ts'
import type { LiveWorker, PrefectWorkspace } from '../prefect-ports.ts'

/** The Prefect worker that a service runs, as far as it is known. */
export type ExpectedWorker = {
  /** Work pools that it may poll. */
  readonly pools: readonly string[]
  /** Whether the service's own command says so; otherwise they are the deployments' pools, and a guess. */
  readonly isTold: boolean
  /** Set when each restart keeps the same name. */
  readonly name: string | undefined
}

export type WorkerContext = { readonly workspace: Pick<PrefectWorkspace, 'workersOf'>; readonly clock: Clock; readonly log: Log }

/** `offline`: `seen` says which workers there are instead; `unknown`: `seen` says why it cannot be told. */
export type WorkerVerdict = { readonly status: 'online' | 'offline' | 'unknown'; readonly seen: string }

/** How long a worker has to come online (DESIGN §3, rule 9): it starts, and sends its first heartbeat at once. */
export const WORKER_SECONDS = 90
const POLL_MS = 5_000

/**
 * Looks which workers there are before a rollout.
 * @returns a function that waits for a new one once ECS says that the rollout is done: neither that nor the old
 * worker, which the server takes for online a while after its last heartbeat, says that the new one does its work.
 */
export async function watchWorker(expected: ExpectedWorker, context: WorkerContext): Promise<(wasTold: boolean) => Promise<WorkerVerdict>> {
  const before = await attempt(() => workersOf(expected, context))
  return async (wasTold) => {
    if (before instanceof DeployError && (before.code === 'prefect-unauthorized' || !expected.isTold)) return { status: 'unknown', seen: before.message }
    const earlier = before instanceof DeployError ? undefined : before
    if (!expected.isTold && earlier?.some(({ isOnline }) => isOnline) !== true) {
      return { status: 'unknown', seen: `the service's command names no work pool, and no worker of ${namesOf(expected)} was online before` }
    }
    return awaitNew(expected, wasTold ? undefined : earlier, context)
  }
}

/** Last heartbeats by worker, in milliseconds since 1970. */
type Heartbeats = ReadonlyMap<string, number>

/**
 * A worker that was not there before the rollout is new. One that was is only when it is heard of after the old tasks
 * are gone, and when that can be the service's: its command fixes the name, or there was no look before.
 */
async function awaitNew(expected: ExpectedWorker, earlier: readonly LiveWorker[] | undefined, context: WorkerContext): Promise<WorkerVerdict> {
  const { clock, log } = context
  const deadline = clock.now().getTime() + WORKER_SECONDS * 1000
  log.info(`Waiting for a new worker in ${namesOf(expected)}`)
  for (let done: Heartbeats | undefined; ;) {
    const workers = await attempt(() => workersOf(expected, context))
    if (!(workers instanceof DeployError)) {
      const heartbeats = done ??= new Map(workers.map(({ id, lastHeartbeat }) => [id, timeOf(lastHeartbeat)]))
      const isNew = (worker: LiveWorker) => earlier === undefined || worker.name === expected.name
        ? isHeardOf(worker, heartbeats)
        : earlier.every(({ id }) => id !== worker.id)
      const found = workers.find((worker) => worker.isOnline && isNew(worker))
      if (found !== undefined) return { status: 'online', seen: found.name }
    }
    if (clock.now().getTime() >= deadline) {
      return workers instanceof DeployError ? { status: 'offline', seen: workers.message } : silent(workers, { expected, done: done ?? new Map() })
    }
    await clock.sleep(POLL_MS)
  }
}

function isHeardOf({ id, lastHeartbeat }: LiveWorker, since: Heartbeats): boolean {
  return timeOf(lastHeartbeat) > (since.get(id) ?? 0)
}

/** A worker that goes on while the service's old tasks are gone runs elsewhere. */
function silent(workers: readonly LiveWorker[], { expected, done }: { readonly expected: ExpectedWorker; readonly done: Heartbeats }): WorkerVerdict {
  const elsewhere = workers.find((worker) => isHeardOf(worker, done))
  if (!expected.isTold && elsewhere !== undefined) {
    return { status: 'unknown', seen: `the service's command names no work pool, and in ${namesOf(expected)} only worker ${elsewhere.name} is heard of` }
  }
  const last = workers.toSorted((a, b) => timeOf(b.lastHeartbeat) - timeOf(a.lastHeartbeat))[0]
  if (last === undefined) return { status: 'offline', seen: 'no worker was ever there' }
  const heartbeat = last.lastHeartbeat === undefined ? 'no heartbeat' : `its last heartbeat at ${last.lastHeartbeat.toISOString()}`
  return { status: 'offline', seen: `the newest there is ${last.name}, ${heartbeat}, which ran before` }
}

async function workersOf({ pools }: ExpectedWorker, { workspace }: WorkerContext): Promise<readonly LiveWorker[]> {
  return (await Promise.all(pools.map((pool) => workspace.workersOf(pool)))).flat()
}

/** A server that does not answer for a moment is asked again at the next look. */
async function attempt<T>(read: () => Promise<T>): Promise<T | DeployError> {
  try {
    return await read()
  } catch (error) {
    if (isCancelled(error) || !(error instanceof DeployError)) throw error
    return error
  }
}

export function namesOf({ pools }: ExpectedWorker): string {
  return `work pool${pools.length === 1 ? '' : 's'} ${pools.join(', ')}`
}

function timeOf(date: Date | undefined): number {
  return date?.getTime() ?? 0
}
