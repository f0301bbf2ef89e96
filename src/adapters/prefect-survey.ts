import type { PrefectSurvey, WaitingRun, WaitingRuns } from '../prefect-ports.ts'
import type { components } from './prefect-api.d.ts'
import { contentOf } from './prefect-client.ts'
import type { PrefectApi } from './prefect-client.ts'
import type { ReadDeployments } from './prefect-deployments.ts'
import { PAGE } from './prefect-pages.ts'

type Schemas = components['schemas']

/** One request for each question, which is none at all when nothing can be found. */
export function createSurvey(api: PrefectApi, readDeployments: ReadDeployments): PrefectSurvey {
  return {
    deploymentsOf: async ({ flowNames, workPools }) => {
      if (flowNames?.length === 0 || workPools.length === 0) return []
      const pools = { operator: 'and_', name: { any_: [...new Set(workPools)] } } satisfies Schemas['WorkPoolFilter']
      if (flowNames === undefined) return readDeployments({ work_pools: pools })
      const flows = { operator: 'and_', name: { any_: [...new Set(flowNames)] } } satisfies Schemas['FlowFilter']
      return readDeployments({ flows, work_pools: pools }, flows.name.any_)
    },
    waitingRuns: async (ids) => (ids.length === 0 ? { earliest: [], total: 0 } : readWaitingRuns(api, ids)),
  }
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
