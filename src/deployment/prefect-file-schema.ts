import { createValidator } from './schema-violations.ts'

const TEXT = { type: ['string', 'null'] }
const FLAG = { type: ['boolean', 'null'] }
/** Prefect takes no null for these. */
const MAPPING = { type: 'object' }
const LIST = { type: ['array', 'null'] }
/** A list of steps, one step, or nothing. */
const STEPS = { type: ['array', 'object', 'null'], items: { type: 'object' } }

/** Shape of a schedule; Prefect's own model forbids other keys here, and only here. The API's form is refused with more words. */
const SCHEDULE = {
  type: 'object',
  additionalProperties: false,
  properties: {
    cron: TEXT,
    interval: { type: ['number', 'string', 'null'] },
    rrule: TEXT,
    timezone: TEXT,
    anchor_date: TEXT,
    day_or: { type: ['boolean', 'string', 'null'] },
    active: { type: ['boolean', 'string', 'null'] },
    parameters: MAPPING,
    slug: TEXT,
    replaces: TEXT,
    schedule: {},
  },
}

/** Service level agreements are Prefect Cloud's; each has one of the last three. */
const SLA = {
  type: 'object',
  required: ['name'],
  properties: {
    name: { type: 'string' },
    severity: { enum: ['minor', 'low', 'moderate', 'high', 'critical'] },
    enabled: FLAG,
    duration: { type: 'integer' },
    stale_after: { type: ['number', 'string'] },
    within: { type: ['number', 'string'] },
  },
}

const CONCURRENCY_LIMIT = {
  type: ['integer', 'object', 'null'],
  minimum: 1,
  properties: {
    limit: { type: ['integer', 'null'], minimum: 1 },
    collision_strategy: { enum: ['ENQUEUE', 'CANCEL_NEW', null] },
    grace_period_seconds: { type: ['integer', 'null'], minimum: 60, maximum: 86_400 },
  },
}

const WORK_POOL = {
  type: ['object', 'null'],
  properties: { name: TEXT, work_queue_name: TEXT, job_variables: MAPPING },
}

const VERSION_TYPES = ['prefect:simple', 'vcs:github', 'vcs:gitlab', 'vcs:bitbucket', 'vcs:azuredevops', 'vcs:git']

const DEPLOYMENT = {
  type: 'object',
  properties: {
    name: TEXT,
    version: TEXT,
    version_type: { enum: [...VERSION_TYPES, null] },
    tags: { type: ['array', 'string', 'null'] },
    description: TEXT,
    entrypoint: TEXT,
    flow_name: TEXT,
    parameters: MAPPING,
    enforce_parameter_schema: FLAG,
    schedule: { type: ['object', 'null'] },
    schedules: { ...LIST, items: SCHEDULE },
    paused: FLAG,
    concurrency_limit: CONCURRENCY_LIMIT,
    work_pool: WORK_POOL,
    triggers: { ...LIST, items: { type: 'object' } },
    sla: { ...LIST, items: SLA },
    build: STEPS,
    push: STEPS,
    pull: STEPS,
  },
}

/** What `prefect.yaml` must look like before templating: prefect/cli/deploy/_models.py, without the keys it ignores. */
export const validateFile = createValidator({
  type: ['object', 'null'],
  properties: { build: STEPS, push: STEPS, pull: STEPS, deployments: { type: 'array', items: DEPLOYMENT } },
})

export const validateSchedule = createValidator(SCHEDULE)

/** The keys Prefect reads; it ignores others, which are mostly misspelt. */
export const KNOWN_KEYS = {
  deployment: Object.keys(DEPLOYMENT.properties),
  work_pool: Object.keys(WORK_POOL.properties),
  concurrency_limit: Object.keys(CONCURRENCY_LIMIT.properties),
}
