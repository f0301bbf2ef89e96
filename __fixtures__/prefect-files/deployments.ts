import { readFileSync } from 'node:fs'
import type { DeploymentConfig } from '../../src/deployment/deployment-config.ts'
import { desireDeployment } from '../../src/deployment/desired.ts'
import type { DesireOptions } from '../../src/deployment/desired.ts'
import type { DesiredDeployment } from '../../src/deployment/desired-deployment.ts'
import type { Flow } from '../../src/flow.ts'
import { parsePrefectFile } from '../../src/deployment/prefect-file.ts'
import { DeployError } from '../../src/errors.ts'
import type { JsonObject } from '../../src/planned.ts'
import type { LiveDeployment, LiveSchedule, LiveWorkPool } from '../../src/prefect-ports.ts'

export const IMAGE = '123.dkr.ecr.eu-central-1.amazonaws.com/flows@sha256:new'
export const ARN = 'arn:aws:ecs:eu-central-1:123:task-definition/flows:7'
export const REPOSITORY = '123.dkr.ecr.eu-central-1.amazonaws.com/flows'

export function readFixture(name: string): string {
  return readFileSync(new URL(name, import.meta.url), 'utf8')
}

/** The single deployment of a file with these lines under it, beside name, entrypoint and work pool. */
export function aConfig(lines = '', top = ''): DeploymentConfig {
  const pool = lines.includes('work_pool:') ? '' : '\n  work_pool: {name: ecs}'
  const body = lines.trim().split('\n').map((line) => `\n  ${line}`).join('')
  const [config] = parsePrefectFile(`${top}\ndeployments:\n- name: nightly\n  entrypoint: flows/etl.py:etl${pool}${body}\n`, 'prefect.yaml').deployments
  if (config === undefined) throw new Error('The file has no deployment')
  return config
}

export function aFlow(overrides: Partial<Flow> = {}): Flow {
  return {
    entrypoint: 'flows/etl.py:etl',
    name: 'etl',
    description: 'Loads the day.',
    version: null,
    parameterSchema: {
      title: 'Parameters', type: 'object', required: ['day'],
      properties: {
        day: { title: 'day', position: 0, type: 'string' },
        limit: { title: 'limit', position: 1, type: 'integer', default: 10 },
        tables: { title: 'tables', position: 2, default: null, anyOf: [{ type: 'array', items: { type: 'string' } }, { type: 'null' }] },
      },
    },
    ...overrides,
  }
}

/** A pool whose template has and uses these variables. */
export function aPool(variables: readonly string[] = ['image', 'env', 'cpu'], type = 'ecs'): LiveWorkPool {
  const known: JsonObject = {
    image: { type: 'string' },
    cpu: { type: 'integer' },
    env: { type: 'object', additionalProperties: { anyOf: [{ type: 'string' }, { type: 'null' }] } },
    task_definition_arn: { type: 'string' },
    aws_credentials: { type: 'object' },
  }
  return {
    name: 'ecs', type, paused: false, status: 'READY',
    baseJobTemplate: {
      job_configuration: Object.fromEntries(variables.map((name) => [name, `{{ ${name} }}`])),
      variables: { type: 'object', properties: Object.fromEntries(variables.map((name) => [name, known[name] ?? {}])) },
    },
  }
}

export type DesireOverrides = Partial<Omit<DesireOptions, 'config'>>

export function desire(config: DeploymentConfig, overrides: DesireOverrides = {}): ReturnType<typeof desireDeployment> {
  return desireDeployment({
    config, flow: aFlow(), pool: aPool(), image: { name: REPOSITORY, tag: 'abc123', workingDirectory: '/srv/flows' },
    families: [], lookups: new Map(), environment: {}, ...overrides,
  })
}

export function desired(lines = '', overrides: DesireOverrides = {}): DesiredDeployment {
  return desire(aConfig(lines), overrides).desired
}

/** As the server answers for `desired()` with this image, but for overrides. */
export function aLiveDeployment({ fields, ...overrides }: Partial<LiveDeployment> = {}): LiveDeployment {
  const { description, parameterSchema } = aFlow()
  return {
    id: 'd1', name: 'nightly', flowName: 'etl', updated: '2026-11-24T10:00:00Z', paused: false, schedules: [], automations: [], concurrencyLimit: null,
    ...overrides,
    fields: {
      description, version: null, tags: [], entrypoint: 'flows/etl.py:etl',
      pull_steps: [{ 'prefect.deployments.steps.set_working_directory': { directory: '/srv/flows' } }],
      work_pool_name: 'ecs', work_queue_name: 'default', job_variables: { image: IMAGE },
      parameters: {}, parameter_openapi_schema: parameterSchema, enforce_parameter_schema: true, concurrency_options: null,
      ...fields,
    },
  }
}

export function aLiveSchedule(overrides: Partial<LiveSchedule> = {}): LiveSchedule {
  return { id: 's1', slug: null, active: true, schedule: { cron: '0 9 * * *', timezone: null, day_or: true }, parameters: {}, maxScheduledRuns: null, ...overrides }
}

/** What a call is refused with. */
export function errorOf(work: () => unknown): DeployError {
  try {
    work()
  } catch (error) {
    if (error instanceof DeployError) return error
    throw error
  }
  throw new Error('Nothing was thrown')
}
