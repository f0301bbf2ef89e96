import type { PrefectSurvey, WaitingRun, WaitingRuns } from '../prefect-ports.ts'
import type { components } from './prefect-api.d.ts'
import { contentOf } from './prefect-client.ts'
import type { PrefectApi } from './prefect-client.ts'
import type { ReadDeployments } from './prefect-deployments.ts'
import { PAGE } from './prefect-pages.ts'
import { isSince } from './prefect-version.ts'

type Schemas = components['schemas']

/** One request for each question, which is none at all when nothing can be found. */
export function createSurvey(api: PrefectApi, readDeployments: ReadDeployments): PrefectSurvey {
  return {
    deploymentsOf: async ({ flowNames, workPools, known = [] }) => {
      if (flowNames?.length === 0 || workPools.length === 0) return []
      const pools = { operator: 'and_', name: { any_: [...new Set(workPools)] } } satisfies Schemas['WorkPoolFilter']
      const query = { work_pools: pools, ...leavingOut(known, api) }
      if (flowNames === undefined) return readDeployments(query)
      const flows = { operator: 'and_', name: { any_: [...new Set(flowNames)] } } satisfies Schemas['FlowFilter']
      return readDeployments({ ...query, flows }, flows.name.any_)
    },
    waitingRuns: async (ids) => (ids.length === 0 ? { earliest: [], total: 0 } : readWaitingRuns(api, ids)),
  }
}

/** The server that can leave deployments out (`DeploymentFilterId.not_any_`, PrefectHQ/prefect#18344); an older one refuses the field. */
const CAN_LEAVE_OUT = [3, 4, 7]
/** A database takes so many values in a query, and not many more. */
const MOST_LEFT_OUT = 10_000

/** A deployment costs a server several milliseconds, for each of its schedules is checked against all time zones. */
function leavingOut(known: readonly string[], api: PrefectApi): { deployments?: Schemas['DeploymentFilter'] } {
  const isPossible = api.address.isCloud || isSince(api.version(), CAN_LEAVE_OUT)
  if (!isPossible || known.length === 0 || known.length > MOST_LEFT_OUT) return {}
  return { deployments: { operator: 'and_', id: { not_any_: [...known] } } }
}

/** One page is enough: the due ones come first, and all are counted. */
async function readWaitingRuns(api: PrefectApi, deploymentIds: readonly string[]): Promise<WaitingRuns> {
  const waiting = {
    operator: 'and_',
    deployment_id: { operator: 'and_', any_: [...deploymentIds] },
    state: { operator: 'and_', type: { any_: ['SCHEDULED', 'PENDING'] } },
  } satisfies Schemas['FlowRunFilter']
  const { results, count } = await contentOf(
    api.routes.POST('/flow_runs/paginate', { body: { flow_runs: waiting, sort: 'EXPECTED_START_TIME_ASC', limit: PAGE, page: 1 } }),
  )
  return { earliest: results.flatMap(waitingRun), total: count }
}

function waitingRun(run: Schemas['FlowRunResponse']): WaitingRun[] {
  const { id, name = '', deployment_id: deploymentId, state_type: state, expected_start_time: due, auto_scheduled: autoScheduled } = run
  if (deploymentId == null || due == null || (state !== 'SCHEDULED' && state !== 'PENDING')) return []
  return [{ id, name, deploymentId, state, due: new Date(due), autoScheduled }]
}
