import type { Json } from '../src/planned.ts'

export const CLOUD_PATH = '/api/accounts/a1/workspaces/w1'
export const QUERY = { deploymentNames: ['nightly'], workPools: ['ecs'] }
export const UPDATE = { kind: 'update-deployment', id: 'd1', body: { tags: ['new'] } } as const
export const CREATE = { kind: 'create-deployment', body: { name: 'nightly', flow_id: 'f1' } } as const

/** A server that has nothing. */
export const EMPTY = {
  'POST /deployments/paginate': page([]), 'POST /flows/filter': { json: [] }, 'POST /work_pools/filter': { json: [] },
  'POST /flow_runs/paginate': page([]),
}

/** The answer of a `…/paginate` route: one page of `count` rows in all. */
export function page(results: readonly Json[], count = results.length): { readonly json: Json } {
  return { json: { results, count, limit: 200, pages: Math.ceil(count / 200), page: 1 } }
}

/** A row of `POST /deployments/paginate`. */
export const deployment = (overrides: Record<string, Json> = {}) => ({
  id: 'd1',
  name: 'nightly',
  flow_id: 'f1',
  updated: '2026-11-24T10:00:00Z',
  paused: false,
  schedules: [],
  tags: [],
  global_concurrency_limit: null,
  ...overrides,
})
