import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { jobTemplate } from './paths.ts'
import { poll } from './poll.ts'
import { basicAuthorization } from './prefect.ts'
import { cluster, workPool, workQueues } from './scene.ts'
import { deleteDeployed } from './workspace-state.ts'
import type { PrefectRequest } from './workspace-state.ts'

type JobTemplate = {
  job_configuration: { task_definition: Record<string, unknown> }
  variables: { properties: Record<string, Record<string, unknown>> }
}

export type PrefectAddress = { readonly directUrl: string; readonly authString?: string }

/** An ECS work pool as Prefect's own template makes it, on machines of its own, and two work queues. */
export async function seedPrefect(address: PrefectAddress): Promise<void> {
  await askPrefect(address, { method: 'POST', path: '/work_pools/', body: { name: workPool, type: 'ecs', base_job_template: ecsTemplate() } })
  for (const [index, name] of workQueues.entries()) {
    await askPrefect(address, { method: 'POST', path: `/work_pools/${workPool}/queues`, body: { name, priority: index + 2 } })
  }
}

/** Deletes all that tests make: automations, flows with their deployments and runs, limits, work pools with their queues. */
export async function resetPrefect(address: PrefectAddress): Promise<void> {
  const request: PrefectRequest = (method, path, body) => askPrefect(address, { method, path, body })
  const { workPools } = await deleteDeployed(request)
  for (const { name } of workPools) await request('DELETE', `/work_pools/${encodeURIComponent(name)}`)
  await seedPrefect(address)
}

/** A request to the server itself, asked again while SQLite is locked. @throws Error when it is refused. */
export async function askPrefect(address: PrefectAddress, { method, path, body }: { method: string; path: string; body?: unknown }): Promise<unknown> {
  const login = basicAuthorization(address.authString)
  const headers = { 'content-type': 'application/json', ...login, ...(method !== 'GET' && (await csrfHeaders(address, login))) }
  const request = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) }
  const response = await poll(`${method} ${path}`, 30, async () => unlessBusy(await fetch(`${address.directUrl}${path}`, request)))
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
  return text === '' ? undefined : (JSON.parse(text) as unknown)
}

/** A server with CSRF protection gives out tokens, any other refuses to. */
async function csrfHeaders({ directUrl }: PrefectAddress, login: Record<string, string>): Promise<Record<string, string>> {
  const client = randomUUID()
  const response = await fetch(`${directUrl}/csrf-token?client=${client}`, { headers: login })
  if (!response.ok) return {}
  const { token } = (await response.json()) as { token: string }
  return { 'Prefect-Csrf-Token': token, 'Prefect-Csrf-Client': client }
}

function unlessBusy(response: Response): Response | undefined {
  return response.status === 503 ? undefined : response
}

/** EC2 and the host's network let a run's container reach the API on loopback. */
function ecsTemplate(): JobTemplate {
  const template = JSON.parse(readFileSync(jobTemplate, 'utf8')) as JobTemplate
  const { task_definition: definition } = template.job_configuration
  const { properties } = template.variables
  return {
    ...template,
    job_configuration: { ...template.job_configuration, task_definition: { ...definition, networkMode: 'host' } },
    variables: {
      ...template.variables,
      properties: {
        ...properties,
        launch_type: { ...properties.launch_type, default: 'EC2' },
        cluster: { ...properties.cluster, default: cluster },
      },
    },
  }
}
