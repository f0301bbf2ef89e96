import { readFileSync } from 'node:fs'
import { jobTemplate } from './paths.ts'
import { cluster, workPool, workQueues } from './scene.ts'

type JobTemplate = {
  job_configuration: { task_definition: Record<string, unknown> }
  variables: { properties: Record<string, Record<string, unknown>> }
}

/** An ECS work pool as Prefect's own template makes it, on machines of its own, and two work queues. */
export async function seedPrefect({ apiUrl, authString }: { readonly apiUrl: string; readonly authString?: string }): Promise<void> {
  const post = async (path: string, body: unknown) => {
    const headers = {
      'content-type': 'application/json',
      ...(authString !== undefined && { authorization: `Basic ${Buffer.from(authString).toString('base64')}` }),
    }
    const response = await fetch(`${apiUrl}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
  }
  await post('/work_pools/', { name: workPool, type: 'ecs', base_job_template: ecsTemplate() })
  for (const [index, name] of workQueues.entries()) await post(`/work_pools/${workPool}/queues`, { name, priority: index + 2 })
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
