import { describe, expect, it } from '@jest/globals'
import { aPool, ARN, errorOf, IMAGE } from '../../__fixtures__/prefect-files/deployments.ts'
import { anEcsPool } from '../../__fixtures__/prefect-files/ecs-pool.ts'
import { isSensitive, resultOf } from '../../src/planned.ts'
import type { Json, JsonObject } from '../../src/planned.ts'
import type { LiveWorkPool } from '../../src/prefect-ports.ts'
import { planWorkPool } from '../../src/work-pool/plan.ts'
import type { ManagedWorkPool, PoolPin } from '../../src/work-pool/plan.ts'
import { parseTemplate } from '../../src/work-pool/template.ts'

const PIN: PoolPin = { variable: 'image', value: resultOf('image') }
const ARN_PIN: PoolPin = { variable: 'task_definition_arn', value: resultOf('taskDefinition flows') }
const DEFAULT = (variable: string) => `base_job_template.variables.properties.${variable}.default`

function managed(fields: JsonObject | undefined, pin?: ManagedWorkPool['pin']): ManagedWorkPool {
  return { name: 'ecs', template: fields && parseTemplate(JSON.stringify(fields), 'pool.json'), pin }
}
const templateOf = (pool: LiveWorkPool) => ({ base_job_template: pool.baseJobTemplate })
const live = { ...anEcsPool(), description: null, concurrencyLimit: null }
const paths = (fields: JsonObject, pool: LiveWorkPool = live) => planWorkPool(managed(fields), pool, {}).changes.map(({ path }) => path)

describe('a pool that the template says is so already', () => {
  it.each<[string, JsonObject]>([
    ['as it is', templateOf(live)],
    ['with its keys in another order', { base_job_template: Object.fromEntries<Json>(Object.entries(live.baseJobTemplate).toReversed()) }],
    ['with what the server fills in', { ...templateOf(live), name: 'ecs', type: 'ecs', description: null, concurrency_limit: null }],
    ['as a template alone', live.baseJobTemplate],
  ])('is not written: %s', (_, fields) => {
    expect(planWorkPool(managed(fields), live, {})).toMatchObject({ action: 'unchanged', changes: [], body: {}, undoBody: {} })
  })

  it('keeps a description and a limit of which the file says nothing, and a pause', () => {
    const set = { ...live, description: 'Set in the UI.', concurrencyLimit: 3, paused: true }

    expect(planWorkPool(managed(templateOf(live)), set, {})).toMatchObject({ action: 'unchanged', pool: { paused: true } })
  })
})

describe('a pool that differs from its template', () => {
  it('is told field by field, and written in the parts that differ', () => {
    const fields = { ...templateOf(anEcsPool({ vpc_id: 'vpc-1', image: 'flows:1' })), concurrency_limit: 5, description: 'Flows.' }

    const plan = planWorkPool(managed(fields), { ...live, concurrencyLimit: 5 }, {})

    expect(plan.action).toBe('update')
    expect(plan.changes).toEqual([
      { path: DEFAULT('image'), before: null, after: 'flows:1' },
      { path: DEFAULT('vpc_id'), before: null, after: 'vpc-1' },
      { path: 'description', before: null, after: 'Flows.' },
    ])
    expect(plan.body).toEqual({ description: 'Flows.', base_job_template: fields.base_job_template })
    expect(plan.undoBody).toEqual({ description: null, base_job_template: live.baseJobTemplate })
    expect(plan.pool.baseJobTemplate).toEqual(fields.base_job_template)
  })

  it('changes a list as a whole, and a variable that is new or gone', () => {
    const { job_configuration: job, variables } = live.baseJobTemplate as { job_configuration: JsonObject; variables: { properties: JsonObject } }
    const properties = Object.fromEntries(Object.entries(variables.properties).filter(([name]) => name !== 'family'))
    const template = {
      job_configuration: { ...job, task_definition: { containerDefinitions: [{ name: 'flow', image: '{{ image }}' }] } },
      variables: { ...variables, properties: { ...properties, own: { type: 'string' } } },
    }

    expect(paths({ base_job_template: template })).toEqual([
      ...['containerDefinitions', 'cpu', 'executionRoleArn', 'family', 'memory'].map((field) => `base_job_template.job_configuration.task_definition.${field}`),
      'base_job_template.variables.properties.family', 'base_job_template.variables.properties.own',
    ])
  })

  it('hides secrets of the environment, wherever they are given, and shows where a secret is', () => {
    const arn = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:key'
    const template = anEcsPool({
      'prefect_api_key_secret_arn': arn,
      'env': { API_TOKEN: 'hidden', STAGE: 'prod', BLOCK_TOKEN: '{{ prefect.blocks.secret.token }}' },
      'task_definition.containerDefinitions:': [{ name: 'flow', environment: [{ name: 'DB_PASSWORD', value: 'hidden' }, { name: 'STAGE', value: 'prod' }] }],
    })

    const { changes } = planWorkPool(managed(templateOf(template)), live, {})

    const shown = JSON.stringify(changes.map(({ after }) => (after === undefined || isSensitive(after) ? after : JSON.stringify(after))))
    expect(changes.find(({ path }) => path.endsWith('containerDefinitions'))?.after).toMatchObject([{ environment: [{ value: { sensitive: true } }, { value: 'prod' }] }])
    expect(changes.find(({ path }) => path === DEFAULT('env'))?.after).toMatchObject({
      API_TOKEN: { sensitive: true }, STAGE: 'prod', BLOCK_TOKEN: '{{ prefect.blocks.secret.token }}',
    })
    expect(changes.find(({ path }) => path === DEFAULT('prefect_api_key_secret_arn'))?.after).toBe(arn)
    expect(shown).toContain('prod')
  })

  it('is refused with another type, which a pool keeps', () => {
    const error = errorOf(() => planWorkPool(managed({ ...templateOf(live), type: 'ecs:push' }), live, {}))

    expect(error).toMatchObject({ code: 'work-pool-template-invalid', message: expect.stringContaining('is of type ecs, not ecs:push'), location: { file: 'pool.json' } })
  })
})

describe('a pool that is missing', () => {
  it('is created from the template, and told in its settings and variables', () => {
    const plan = planWorkPool(managed({ ...templateOf(live), description: 'Flows.', concurrency_limit: 5 }), undefined, {})

    expect(plan).toMatchObject({
      action: 'create', undoBody: undefined,
      body: { name: 'ecs', type: 'ecs', description: 'Flows.', concurrency_limit: 5, base_job_template: live.baseJobTemplate },
      pool: { name: 'ecs', type: 'ecs', paused: false, status: 'NOT_READY', baseJobTemplate: live.baseJobTemplate },
    })
    expect(plan.changes.map(({ path }) => path)).toEqual(expect.arrayContaining([
      'type', 'description', 'base_job_template.job_configuration.task_run_request', 'base_job_template.variables.properties.image',
    ]))
  })

  it('is of the type that the file says', () => {
    expect(planWorkPool(managed({ ...templateOf(live), type: 'ecs:push' }), undefined, {}).body.type).toBe('ecs:push')
  })

  it('needs a type where the template is not that of an ECS worker', () => {
    expect(errorOf(() => planWorkPool(managed(aPool(['image']).baseJobTemplate), undefined, {})).message).toMatch(/does not tell its type/)
  })

  it('cannot be pinned without a template', () => {
    expect(errorOf(() => planWorkPool(managed(undefined, PIN), undefined, {}))).toMatchObject({ code: 'work-pool-missing' })
  })
})

describe('the image pinned in a pool', () => {
  it('is the default of its variable, once it is known', () => {
    const plan = planWorkPool(managed(undefined, PIN), anEcsPool({ image: 'old' }), { image: IMAGE })

    expect(plan).toMatchObject({ action: 'update', changes: [{ path: DEFAULT('image'), before: 'old', after: IMAGE }], body: templateOf(anEcsPool({ image: IMAGE })) })
    expect(plan.pool.baseJobTemplate).toEqual(anEcsPool({ image: IMAGE }).baseJobTemplate)
    expect(plan.undoBody).toEqual(templateOf(anEcsPool({ image: 'old' })))
  })

  it('is a change while it is not known, and no default that anything could be judged by', () => {
    const plan = planWorkPool(managed(undefined, ARN_PIN), anEcsPool({ task_definition_arn: 'old' }), { image: IMAGE })

    expect(plan.changes).toEqual([{ path: DEFAULT('task_definition_arn'), before: 'old', after: resultOf('taskDefinition flows') }])
    expect(plan.pool.baseJobTemplate).toEqual(anEcsPool({ task_definition_arn: null }).baseJobTemplate)
  })

  it('is no change when it is there', () => {
    const pinned = anEcsPool({ task_definition_arn: ARN })

    expect(planWorkPool(managed(undefined, ARN_PIN), pinned, { 'taskDefinition flows': ARN })).toMatchObject({ action: 'unchanged', body: {} })
  })

  it('comes over what the template says, also in a new pool', () => {
    const fields = templateOf(anEcsPool({ image: 'of the file', vpc_id: 'vpc-1' }))

    const [update, create] = [anEcsPool({ image: IMAGE }), undefined].map((pool) => planWorkPool(managed(fields, PIN), pool, { image: IMAGE }))

    expect(update?.changes.map(({ path }) => path)).toEqual([DEFAULT('vpc_id')])
    expect(create?.body).toMatchObject(templateOf(anEcsPool({ image: IMAGE, vpc_id: 'vpc-1' })))
  })

  it.each<[string, JsonObject | undefined, ManagedWorkPool['pin'], LiveWorkPool | undefined]>([
    ['an update', templateOf(anEcsPool({ vpc_id: 'vpc-1' })), PIN, live],
    ['a creation', { ...templateOf(live), description: 'Flows.' }, PIN, undefined],
  ])('makes the next plan an empty one, after %s', (_, fields, pin, before) => {
    const { pool } = planWorkPool(managed(fields, pin), before, { image: IMAGE })
    const written = { ...pool, description: typeof fields?.description === 'string' ? fields.description : null, concurrencyLimit: null }

    expect(planWorkPool(managed(fields, pin), written, { image: IMAGE }).action).toBe('unchanged')
  })
})
