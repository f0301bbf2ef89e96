import type { LiveWorker } from '../prefect-ports.ts'
import type { components } from './prefect-api.d.ts'
import type { PrefectApi } from './prefect-client.ts'
import { PAGE } from './prefect-pages.ts'

/** The page with the newest heartbeats (server/models/workers.py, `read_workers`): others have been silent for long. */
export async function readWorkers(api: PrefectApi, workPool: string): Promise<LiveWorker[]> {
  const { data = [] } = await api.routes.POST('/work_pools/{work_pool_name}/workers/filter', {
    params: { path: { work_pool_name: workPool } },
    body: { limit: PAGE, offset: 0 },
    fetch: api.sending({ accept: [404] }),
  })
  return data.map(workerOf)
}

function workerOf({ id, name, status, last_heartbeat_time: heartbeat }: components['schemas']['WorkerResponse']): LiveWorker {
  return { id, name, isOnline: status === 'ONLINE', lastHeartbeat: heartbeat == null ? undefined : new Date(heartbeat) }
}
