import type { DesiredDeployment, DesiredFields } from '../src/deployment/desired-deployment.ts'
import type { DesiredSchedule } from '../src/deployment/schedule.ts'
import type { LiveDeployment, LiveSchedule } from '../src/prefect-ports.ts'

const FIELDS: DesiredFields = {
  description: null, tags: ['team'], entrypoint: 'flows/etl.py:etl', pull_steps: [],
  work_pool_name: 'ecs', work_queue_name: null, job_variables: {},
  parameters: {}, parameter_openapi_schema: { type: 'object', properties: { day: { type: 'string' } } },
}

/** What a deployment is to be, without a file. */
export function aDesired({ fields, ...overrides }: Partial<Omit<DesiredDeployment, 'fields'>> & { fields?: Partial<DesiredFields> } = {}): DesiredDeployment {
  return {
    name: 'nightly', flowName: 'etl', location: { file: 'prefect.yaml', line: 3 }, paused: undefined, schedules: [], hasScheduleKey: true,
    concurrency: null, enforceParameterSchema: undefined, triggers: [], hasTriggersKey: true, slas: undefined, keep: [], version: { version: '1' },
    ...overrides,
    fields: { ...FIELDS, ...fields },
  }
}

/** What the server has of it. */
export function aLive({ fields, ...overrides }: Partial<LiveDeployment> = {}): LiveDeployment {
  return {
    id: 'd1', name: 'nightly', flowName: 'etl', updated: '2026-11-24T10:00:00Z', paused: false, schedules: [], automations: [], concurrencyLimit: null,
    ...overrides,
    fields: { ...FIELDS, flow_id: 'flow-etl', version: '1', work_queue_name: 'default', enforce_parameter_schema: true, concurrency_options: null, ...fields } as LiveDeployment['fields'],
  }
}

export function aDesiredSchedule(slug: string | undefined, cron: string, overrides: Partial<DesiredSchedule> = {}): DesiredSchedule {
  const rule = { cron, timezone: null, day_or: true }
  return { label: slug ?? cron, slug, replaces: undefined, active: undefined, rule, parameters: {}, location: { file: 'prefect.yaml' }, ...overrides }
}

export function aScheduleOf(slug: string | null, cron: string, overrides: Partial<LiveSchedule> = {}): LiveSchedule {
  return {
    id: `id-${slug ?? cron}`, slug, active: true, schedule: { cron, timezone: null, day_or: true }, parameters: {}, maxScheduledRuns: null, ...overrides,
  }
}
