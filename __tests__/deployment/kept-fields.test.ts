import { describe, expect, it } from '@jest/globals'
import { aDesired, aDesiredSchedule, aLive, aScheduleOf } from '../../__fixtures__/desired-deployment.ts'
import { KEPT_FIELDS } from '../../src/deployment/desired-deployment.ts'
import type { KeptField } from '../../src/deployment/desired-deployment.ts'
import { parseKept } from '../../src/deployment/kept-fields.ts'
import { keptProblems } from '../../src/deployment/kept-problems.ts'
import { planDeployment } from '../../src/deployment/plan.ts'
import type { DeploymentPlan } from '../../src/deployment/plan.ts'
import { resultOf } from '../../src/planned.ts'
import type { Planned } from '../../src/planned.ts'

const RESULTS = { image: 'repo@sha256:new', taskDefinition: 'arn:aws:ecs:eu-central-1:1:task-definition/flows:8' }

/** All that the UI can set, unlike what the file says. */
const LIVE = aLive({
  schedules: [aScheduleOf('mine', '0 1 * * *', { active: false, parameters: { day: 'x' } }), aScheduleOf(null, '0 2 * * *')],
  concurrencyLimit: { name: 'deployment:d1', limit: 7 },
  automations: [{ id: 'a1', name: 'nightly__automation_1', body: { name: 'nightly__automation_1', actions: [{ type: 'run-deployment', deployment_id: 'd1' }] } }],
  fields: {
    description: 'Mine', tags: ['mine'], parameters: { day: 'sunday' }, enforce_parameter_schema: false, work_queue_name: 'mine',
    job_variables: { cpu: 512, image: 'repo@sha256:old' }, concurrency_options: { collision_strategy: 'CANCEL_NEW', grace_period_seconds: null },
  },
})

function plan(keep: readonly KeptField[], fields: { readonly [field: string]: Planned } = {}): DeploymentPlan {
  const desired = aDesired({
    keep, enforceParameterSchema: true, concurrency: { limit: 1, options: null }, schedules: [aDesiredSchedule('daily', '0 5 * * *')],
    fields: { job_variables: { cpu: 256, image: resultOf('image') }, description: 'File', ...fields },
  })
  return planDeployment(desired, LIVE, RESULTS)
}

const paths = ({ changes }: DeploymentPlan) => [...new Set(changes.map(({ path }) => path.split('.')[0] ?? ''))].sort()
const ALL = ['concurrency_limit', 'concurrency_options', 'description', 'enforce_parameter_schema', 'job_variables', 'parameters', 'schedules', 'tags', 'triggers', 'work_queue_name']

describe('a kept field', () => {
  it('is there in what changes without being kept', () => {
    expect(paths(plan([]))).toEqual(ALL)
  })

  it.each<[KeptField, string[]]>([
    ['description', ['description']],
    ['tags', ['tags']],
    ['parameters', ['parameters']],
    ['enforce_parameter_schema', ['enforce_parameter_schema']],
    ['concurrency_limit', ['concurrency_limit', 'concurrency_options']],
    ['work_queue_name', ['work_queue_name']],
    ['schedules', ['schedules']],
    ['triggers', ['triggers']],
  ])('is no change: %s', (field, kept) => {
    const { writes, ...planned } = plan([field])
    expect(paths({ writes, ...planned })).toEqual(ALL.filter((path) => !kept.includes(path)))
  })

  it('is neither a change nor written when all are kept, but the image goes through', () => {
    const { changes, writes, warnings } = plan(KEPT_FIELDS)
    expect(changes.map(({ path }) => path)).toEqual(['job_variables.image'])
    expect(warnings).toEqual([])
    expect(writes.map(({ request }) => request)).toEqual([{
      kind: 'update-deployment',
      body: { work_pool_name: 'ecs', work_queue_name: 'mine', job_variables: { cpu: 512, image: resultOf('image') }, version: '1' },
    }])
  })

  it('goes along as it is live in a group that has to be sent whole', () => {
    const { writes } = plan(['parameters', 'job_variables'])
    expect(writes[0]?.request).toMatchObject({ body: { parameters: { day: 'sunday' }, enforce_parameter_schema: true, job_variables: { cpu: 512 } } })
  })

  it('is written when the deployment is new', () => {
    const [write] = planDeployment(aDesired({ keep: KEPT_FIELDS, fields: { tags: ['file'], description: 'File' } }), undefined, {}).writes
    expect(write?.request).toMatchObject({ kind: 'create-deployment', body: { tags: ['file', 'prefect-ecs-deploy:incomplete'], description: 'File' } })
  })
})

describe('kept job variables', () => {
  it.each<[string, Planned, object]>([
    ['take the task definition in place of an image that was pinned', { task_definition_arn: resultOf('taskDefinition flows') }, { cpu: 512, task_definition_arn: resultOf('taskDefinition flows') }],
    ['lose the image that was pinned when the pool has it now', {}, { cpu: 512 }],
  ])('%s', (_, jobVariables, expected) => {
    expect(plan(['job_variables'], { job_variables: jobVariables }).writes[0]?.request).toMatchObject({ body: { job_variables: expected } })
  })

  it('leave the image to the UI when the file names one of its own', () => {
    expect(paths(plan(['job_variables'], { job_variables: { image: 'busybox:1' } }))).not.toContain('job_variables')
  })
})

describe('kept parameters', () => {
  const schema = { type: 'object', properties: { day: { type: 'integer' } } }
  const problems = (overrides: Parameters<typeof aDesired>[0]) =>
    keptProblems(aDesired({ keep: ['parameters'], fields: { parameter_openapi_schema: schema }, ...overrides }), { deployments: [LIVE], workPools: [] })

  it('are refused before anything is written when the new schema does not allow them', () => {
    expect(problems({ enforceParameterSchema: true })).toMatchObject([
      { code: 'parameters-invalid', message: expect.stringMatching(/^deployment "nightly": parameter "day", kept as it is on the server, /), location: { line: 3 } },
    ])
  })

  it.each<[string, Parameters<typeof aDesired>[0]]>([
    ['the server does not enforce the schema', {}],
    ['they are not kept', { enforceParameterSchema: true, keep: ['tags'] }],
    ['the deployment is new', { enforceParameterSchema: true, name: 'new' }],
    ['the schema allows them', { enforceParameterSchema: true, fields: {} }],
  ])('are fine when %s', (_, overrides) => {
    expect(problems(overrides)).toEqual([])
  })
})

it('parses the names of the input, and tells those that it does not know', () => {
  expect(parseKept(['tags', 'parameters', 'tags', 'paused', 'Tags'])).toEqual({ kept: ['tags', 'parameters'], unknown: ['paused', 'Tags'] })
})
