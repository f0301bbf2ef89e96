import { isDeepStrictEqual } from 'node:util'
import type { JsonObject } from '../planned.ts'
import type { PrefectWrite } from '../prefect-ports.ts'
import type { components } from './prefect-api.d.ts'
import { writeAutomation } from './prefect-automations.ts'
import { contentOf, gone } from './prefect-client.ts'
import type { PrefectApi } from './prefect-client.ts'
import { writeWorkPool } from './prefect-work-pools.ts'

type Schemas = components['schemas']
export type Write<Kind extends PrefectWrite['kind']> = Extract<PrefectWrite, { kind: Kind }>

/**
 * Makes one write. What is not idempotent is looked for when its answer was lost, never made twice.
 * @returns the id of what was created (of the flow in any case, also when it was there), else undefined.
 */
export async function write(api: PrefectApi, write: PrefectWrite): Promise<string | undefined> {
  switch (write.kind) {
    case 'create-flow':
      return (await contentOf(api.routes.POST('/flows/', { body: { name: write.name } }))).id
    case 'create-deployment':
      return createDeployment(api, write)
    case 'update-deployment':
      await api.routes.PATCH('/deployments/{id}', { params: { path: { id: write.id } }, body: write.body as Schemas['DeploymentUpdate'] })
      return undefined
    case 'delete-deployment':
      await api.routes.DELETE('/deployments/{id}', { params: { path: { id: write.id } }, fetch: gone(api) })
      return undefined
    case 'create-schedule':
      return createSchedule(api, write)
    case 'update-schedule':
      await api.routes.PATCH('/deployments/{id}/schedules/{schedule_id}', {
        params: { path: { id: write.deployment, schedule_id: write.id } },
        body: write.body,
      })
      return undefined
    case 'delete-schedule':
      await api.routes.DELETE('/deployments/{id}/schedules/{schedule_id}', {
        params: { path: { id: write.deployment, schedule_id: write.id } },
        fetch: gone(api),
      })
      return undefined
    case 'schedule-runs':
      await api.routes.POST('/deployments/{id}/schedule', {
        params: { path: { id: write.deployment } },
        body: { start_time: write.start.toISOString() },
      })
      return undefined
    case 'restore-run':
      await api.routes.POST('/deployments/{id}/create_flow_run', {
        params: { path: { id: write.deployment } },
        body: write.run.body,
        fetch: api.sending({ isKeyed: typeof write.run.body.idempotency_key === 'string' }),
      })
      return undefined
    case 'delete-run':
      await api.routes.DELETE('/flow_runs/{id}', { params: { path: { id: write.id } }, fetch: gone(api) })
      return undefined
    case 'create-automation':
    case 'update-automation':
    case 'delete-automation':
    case 'delete-owned-automations':
    case 'apply-slas':
      return writeAutomation(api, write)
    case 'create-work-pool':
    case 'update-work-pool':
    case 'delete-work-pool':
      return writeWorkPool(api, write)
  }
}

/** A second POST would be an update that replaces all schedules. */
async function createDeployment(api: PrefectApi, { body }: Write<'create-deployment'>): Promise<string> {
  const sent = body as Schemas['DeploymentCreate']
  const findAnswer = async () => {
    const [found] = await contentOf(api.routes.POST('/deployments/filter', {
      body: {
        deployments: { operator: 'and_', name: { any_: [sent.name] } },
        flows: { operator: 'and_', id: { any_: [sent.flow_id] } },
        sort: 'CREATED_DESC',
        limit: 1,
        offset: 0,
      },
    }))
    return found && Response.json(found)
  }
  return (await contentOf(api.routes.POST('/deployments/', { body: sent, fetch: api.sending({ findAnswer }) }))).id
}

async function createSchedule(api: PrefectApi, { deployment, body }: Write<'create-schedule'>): Promise<string | undefined> {
  const params = { path: { id: deployment } }
  const findAnswer = async () => {
    const schedules = await contentOf(api.routes.GET('/deployments/{id}/schedules', { params }))
    const found = schedules.find((schedule) => isMadeFrom(body, schedule))
    return found && Response.json([found])
  }
  const sent = [body as Schemas['DeploymentScheduleCreate']]
  const fetch = api.sending({ findAnswer })
  const [created] = await contentOf(api.routes.POST('/deployments/{id}/schedules', { params, body: sent, fetch }))
  return created?.id
}

/** A slug is unique within a deployment; without one, a schedule is known by all that was sent, the server adds defaults. */
function isMadeFrom(body: JsonObject, { slug, schedule }: Schemas['DeploymentSchedule']): boolean {
  if (typeof body.slug === 'string') return body.slug === slug
  const made: Record<string, unknown> = { ...schedule }
  return slug == null && Object.entries(body.schedule ?? {}).every(([key, value]) => isDeepStrictEqual(made[key], value))
}
