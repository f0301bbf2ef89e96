import { describe, expect, it } from '@jest/globals'
import { createFakeClock } from '../../__fixtures__/fake-clock.ts'
import { createFakeLog } from '../../__fixtures__/fake-log.ts'
import { createFakeWorkspace } from '../../__fixtures__/fake-workspace.ts'
import {
  aConfig,
  aFlow,
  aLiveDeployment,
  aLiveSchedule,
  aPool,
  ARN,
  desire,
  desired,
  IMAGE,
} from '../../__fixtures__/prefect-files/deployments.ts'
import { applyDeployments } from '../../src/deployment/apply.ts'
import type { DesiredDeployment } from '../../src/deployment/desired-deployment.ts'
import { planDeployment } from '../../src/deployment/plan.ts'
import type { DeploymentPlan } from '../../src/deployment/plan.ts'
import { resultOf, reveal, sensitive } from '../../src/planned.ts'
import type { Json, JsonObject } from '../../src/planned.ts'
import type { LiveDeployment } from '../../src/prefect-ports.ts'

const RESULTS = { image: IMAGE, taskDefinition: ARN }

function plan(lines: string, live: Partial<LiveDeployment> | undefined, lookups: [string, Json][] = []): DeploymentPlan {
  return planDeployment(desired(lines, { lookups: new Map(lookups) }), live && aLiveDeployment(live), RESULTS)
}

/** A live deployment that differs in fields only. */
function withFields(fields: JsonObject): Partial<LiveDeployment> {
  return { fields }
}

const requests = ({ writes }: DeploymentPlan) => writes.map(({ phase, request }) => ({ phase, ...request }))
const onlyWrite = ({ writes }: DeploymentPlan) => {
  const [write, ...others] = writes
  if (write === undefined || others.length > 0) throw new Error(`There are ${writes.length} writes`)
  return write
}

describe('a deployment that is as it should be', () => {
  it.each<[string, string, Partial<LiveDeployment>]>([
    ['as it was written', '', {}],
    ['with what the server calls otherwise', 'description: ""', withFields({ work_queue_name: 'default', tags: null, parameters: null })],
    ['with tags in another order', 'tags: [b, a]', withFields({ tags: ['a', 'b'] })],
    ['of another version', 'version: "2"', withFields({ version: '1' })],
    ['paused in the UI', '', { paused: true }],
    ['without pull steps', 'pull: []', withFields({ pull_steps: null })],
    ['not enforced in the UI', '', withFields({ enforce_parameter_schema: false })],
    [
      'with its schema in another order',
      '',
      withFields({ parameter_openapi_schema: Object.fromEntries(Object.entries(aFlow().parameterSchema).reverse()) }),
    ],
    ['with a limit', 'concurrency_limit: 2', { concurrencyLimit: { name: 'deployment:d1', limit: 2 } }],
    [
      'with a limit and its default strategy',
      'concurrency_limit: {limit: 2, collision_strategy: ENQUEUE}',
      { concurrencyLimit: { name: 'deployment:d1', limit: 2 } },
    ],
    [
      'with options and a grace period of null',
      'concurrency_limit: {limit: 2, collision_strategy: CANCEL_NEW}',
      {
        concurrencyLimit: { name: 'deployment:d1', limit: 2 },
        ...withFields({ concurrency_options: { collision_strategy: 'CANCEL_NEW', grace_period_seconds: null } }),
      },
    ],
    ['with options left over from a limit', '', withFields({ concurrency_options: { collision_strategy: 'CANCEL_NEW' } })],
    ['with a shared limit that the file does not speak of', '', { concurrencyLimit: { name: 'database', limit: 5 } }],
    [
      'with parameters the server resolved',
      'parameters: {limit: {__prefect_kind: json, value: "5"}}',
      withFields({ parameters: { limit: 5 } }),
    ],
    [
      'with parameters the server kept',
      'parameters: {limit: {__prefect_kind: json, value: "5"}}',
      withFields({ parameters: { limit: { __prefect_kind: 'json', value: '5' } } }),
    ],
    ['with a schedule paused in the UI', 'schedules: [{cron: "0 9 * * *"}]', { schedules: [aLiveSchedule({ active: false })] }],
    ['with a schedule in UTC', 'schedules: [{cron: "0 9 * * *", timezone: UTC}]', { schedules: [aLiveSchedule()] }],
    [
      'with an interval that has an anchor',
      'schedules: [{interval: 600}]',
      { schedules: [aLiveSchedule({ schedule: { interval: 600, anchor_date: '2026-01-01T00:00:00Z', timezone: 'UTC' } })] },
    ],
    [
      'with a rule that has a start',
      'schedules: [{rrule: FREQ=MINUTELY}]',
      { schedules: [aLiveSchedule({ schedule: { rrule: 'DTSTART:20261124T115000\nFREQ=MINUTELY', timezone: 'UTC' } })] },
    ],
    ['with a slug the file lost', 'schedules: [{cron: "0 9 * * *"}]', { schedules: [aLiveSchedule({ slug: 'a' })] }],
  ])('is not written: %s', (_, lines, live) => {
    expect(plan(lines, live)).toMatchObject({ name: 'etl/nightly', action: 'unchanged', id: 'd1', changes: [], writes: [], warnings: [] })
  })
})

describe('a reference of which the server has only the value', () => {
  const REFERENCE = '{__prefect_kind: workspace_variable, variable_name: x}'

  it('is no change, but the plan warns that it may have changed', () => {
    const { action, writes, warnings } = plan(
      `parameters: {day: monday, limit: ${REFERENCE}, tables: [${REFERENCE}]}`,
      withFields({ parameters: { day: 'monday', limit: 5, tables: ['a'] } }),
    )

    expect({ action, writes }).toEqual({ action: 'unchanged', writes: [] })
    expect(warnings).toMatchObject([
      {
        code: 'reference-unverifiable',
        message: expect.stringMatching(/^deployment "nightly": .*\(parameters\.limit, parameters\.tables\.0\)/),
        hint: expect.stringContaining('another parameter, the schema or enforce_parameter_schema'),
        location: { file: 'prefect.yaml', line: 3 },
      },
    ])
  })

  it('is sent with its group without a warning', () => {
    const changed = plan(`parameters: {day: monday, limit: ${REFERENCE}}`, withFields({ parameters: { day: 'sunday', limit: 5 } }))

    expect(changed.warnings).toEqual([])
    expect(changed.changes.map(({ path }) => path)).toEqual(['parameters.day'])
    expect(onlyWrite(changed).request).toMatchObject({ body: { parameters: { limit: { __prefect_kind: 'workspace_variable' } } } })
  })

  it('is a change where the server keeps the reference itself', () => {
    const other = { limit: { __prefect_kind: 'workspace_variable', variable_name: 'other' } }

    expect(plan(`parameters: {limit: ${REFERENCE}}`, withFields({ parameters: other }))).toMatchObject({ action: 'update', warnings: [] })
    expect(plan(`pull: [{custom.step: {limit: ${REFERENCE}}}]`, withFields({ pull_steps: [{ 'custom.step': { limit: 5 } }] }))).toMatchObject({
      action: 'update',
      warnings: [],
    })
    const schedules = [aLiveSchedule({ parameters: { limit: 5 } })]
    expect(plan(`schedules: [{cron: "0 9 * * *", parameters: {limit: ${REFERENCE}}}]`, { schedules })).toMatchObject({
      action: 'update',
      warnings: [],
    })
  })

  it('is compared in parameters with a result of this release', () => {
    const live = withFields({ parameters: { day: IMAGE, limit: 5 } })

    expect(plan(`parameters: {day: "{{ image }}", limit: ${REFERENCE}}`, live)).toMatchObject({
      action: 'unchanged',
      warnings: [{ code: 'reference-unverifiable' }],
    })
  })
})

describe('a field that differs', () => {
  it.each<[string, string, JsonObject, string[], string[]]>([
    ['alone: description', 'description: New', {}, ['description'], ['description']],
    ['alone: tags', 'tags: [a]', {}, ['tags'], ['tags']],
    ['alone: entrypoint', '', { entrypoint: 'old.py:etl' }, ['entrypoint'], ['entrypoint']],
    ['alone: pull steps', 'pull: []', {}, ['pull_steps'], ['pull_steps']],
    [
      'alone: where a deploy of Prefect 2 said that code and infrastructure are', '',
      { path: '/opt/prefect/flows', storage_document_id: 'id of s3/prod', infrastructure_document_id: 'id of ecs-task/prod' },
      ['path', 'storage_document_id', 'infrastructure_document_id'],
      ['path', 'storage_document_id', 'infrastructure_document_id'],
    ],
    [
      'with pool and queue: job variables',
      '',
      { job_variables: { image: 'old', env: { A: '1' } } },
      ['job_variables.image', 'job_variables.env'],
      ['work_pool_name', 'work_queue_name', 'job_variables'],
    ],
    [
      'with pool and job variables: queue',
      'work_pool: {name: ecs, work_queue_name: high}',
      {},
      ['work_queue_name'],
      ['work_pool_name', 'work_queue_name', 'job_variables'],
    ],
    [
      'with schema and flag: parameters',
      'parameters: {limit: 5}',
      { parameters: { limit: 4, day: 'x' } },
      ['parameters.limit', 'parameters.day'],
      ['parameter_openapi_schema', 'parameters', 'enforce_parameter_schema'],
    ],
    [
      'with parameters and flag: schema',
      '',
      { parameter_openapi_schema: {} },
      [
        'parameter_openapi_schema.title',
        'parameter_openapi_schema.type',
        'parameter_openapi_schema.required',
        'parameter_openapi_schema.properties',
      ],
      ['parameter_openapi_schema', 'parameters', 'enforce_parameter_schema'],
    ],
    [
      'with schema and parameters: flag',
      'enforce_parameter_schema: true',
      { enforce_parameter_schema: false },
      ['enforce_parameter_schema'],
      ['parameter_openapi_schema', 'parameters', 'enforce_parameter_schema'],
    ],
  ])('is sent %s, and nothing else but the version', (_, lines, fields, paths, sent) => {
    const changed = plan(lines, withFields(fields))
    const { request, undo, phase } = onlyWrite(changed)

    expect(changed.action).toBe('update')
    expect(changed.changes.map(({ path }) => path)).toEqual(paths)
    expect(phase).toBe('reversible')
    expect(Object.keys('body' in request ? request.body : {})).toEqual([...sent, 'version'])
    expect(undo.request).toEqual({
      kind: 'update-deployment',
      body: { ...Object.fromEntries(sent.map((field) => [field, aLiveDeployment(withFields(fields)).fields[field]])), version: null },
    })
  })

  it('keeps the flag that the file leaves out', () => {
    const { request } = onlyWrite(plan('parameters: {limit: 5}', withFields({ enforce_parameter_schema: false })))

    expect(request).toMatchObject({ body: { enforce_parameter_schema: false } })
  })

  it('is unknown until the image is pushed, and then what is sent', () => {
    const changed = planDeployment(desired(), aLiveDeployment(), {})

    expect(changed.changes).toEqual([{ path: 'job_variables.image', before: IMAGE, after: resultOf('image') }])
    const { request } = onlyWrite(changed)
    expect('body' in request && reveal(request.body, { image: 'pushed' })).toMatchObject({ job_variables: { image: 'pushed' } })
  })

  it('is set to null or nothing when the server had none', () => {
    const { undo } = onlyWrite(
      plan('tags: [a]\ndescription: New\nparameters: {limit: 1}', withFields({ tags: null, description: null, parameters: null })),
    )

    expect(undo.request).toMatchObject({ body: { tags: [], description: null, parameters: {} } })
  })

  it('says that references among the old parameters come back as values', () => {
    const { undo } = onlyWrite(plan('', withFields({ parameters: { limit: { __prefect_kind: 'json', value: '1' } } })))

    expect(undo.loses).toBe('references')
  })

  it.each<[string, Partial<LiveDeployment>, boolean, boolean]>([
    ['an active schedule', { schedules: [aLiveSchedule()] }, true, true],
    ['a paused schedule', { schedules: [aLiveSchedule({ active: false })] }, false, false],
    ['an active schedule, itself paused', { paused: true, schedules: [aLiveSchedule()] }, false, false],
  ])('has runs scheduled again with %s', (_, live, reschedules, whenUndone) => {
    const { writes } = plan('description: New\nschedules: [{cron: "0 9 * * *"}]', live)

    expect(writes).toMatchObject([{ reschedules, undo: { reschedules: whenUndone } }])
  })
})

describe('pausing', () => {
  it('is written with the rest, and nothing is scheduled after it', () => {
    expect(plan('paused: true\ndescription: New\nschedules: [{cron: "0 9 * * *"}]', { schedules: [aLiveSchedule()] }).writes).toMatchObject(
      [
        {
          phase: 'reversible',
          reschedules: false,
          request: { body: { paused: true, description: 'New' } },
          undo: { reschedules: true, request: { body: { paused: false } } },
        },
      ],
    )
  })

  it('ends last of all, and then runs are scheduled', () => {
    expect(
      plan('paused: false\ndescription: New\nschedules: [{cron: "0 9 * * *"}]', { paused: true, schedules: [aLiveSchedule()] }).writes,
    ).toMatchObject([
      { phase: 'reversible', reschedules: false, request: { body: { description: 'New' } } },
      {
        phase: 'unpause',
        reschedules: true,
        request: { body: { paused: false } },
        undo: { reschedules: false, request: { body: { paused: true } } },
      },
    ])
  })

  it('is the only change when nothing else is', () => {
    expect(plan('paused: true', {})).toMatchObject({ action: 'update', changes: [{ path: 'paused', before: false, after: true }] })
  })
})

describe('a concurrency limit', () => {
  const own = { concurrencyLimit: { name: 'deployment:d1', limit: 2 } }

  it('is written with its options', () => {
    expect(plan('concurrency_limit: {limit: 3, collision_strategy: CANCEL_NEW}', own)).toMatchObject({
      changes: [
        { path: 'concurrency_limit', before: 2, after: 3 },
        { path: 'concurrency_options.collision_strategy', before: 'ENQUEUE', after: 'CANCEL_NEW' },
      ],
      writes: [
        {
          phase: 'reversible',
          request: { body: { concurrency_limit: 3, concurrency_options: { collision_strategy: 'CANCEL_NEW' } } },
          undo: { request: { body: { concurrency_limit: 2, concurrency_options: null } } },
        },
      ],
    })
  })

  it('that is new is taken away when undone', () => {
    expect(onlyWrite(plan('concurrency_limit: 3', {})).undo.request).toMatchObject({
      body: { concurrency_limit: null, concurrency_options: null },
    })
  })

  it('is deleted in the last phase, apart from the rest, and the slots in use are lost', () => {
    const { writes } = plan('description: New', {
      ...own,
      ...withFields({ concurrency_options: { collision_strategy: 'CANCEL_NEW', grace_period_seconds: null } }),
    })

    expect(writes).toMatchObject([
      { phase: 'reversible', request: { body: { description: 'New' } } },
      {
        phase: 'deletion',
        request: { body: { concurrency_limit: null, concurrency_options: null } },
        undo: {
          request: { body: { concurrency_limit: 2, concurrency_options: { collision_strategy: 'CANCEL_NEW' } } },
          loses: 'limit-slots',
        },
      },
    ])
  })

  it.each([
    ['concurrency_limit: 3', 'limit-shared'],
    ['concurrency_limit: 5', undefined],
    ['', undefined],
  ])('that is shared is not written for %j, warning %s', (lines, code) => {
    const { action, writes, warnings } = plan(lines, { concurrencyLimit: { name: 'database', limit: 5 } })

    expect({ action, writes, code: warnings[0]?.code }).toEqual({ action: 'unchanged', writes: [], code })
  })
})

describe('schedules', () => {
  const nightly = aLiveSchedule({ slug: 'nightly', active: false, parameters: { limit: 1 } })

  it('are created, changed and deleted by routes of their own, deletions last', () => {
    const changed = plan('schedules: [{cron: "0 10 * * *", slug: nightly}, {interval: 60, slug: often}]', {
      schedules: [aLiveSchedule({ id: 's2', slug: 'old' }), nightly],
    })

    expect(requests(changed)).toEqual([
      {
        phase: 'reversible',
        kind: 'update-schedule',
        id: 's1',
        body: { schedule: { cron: '0 10 * * *', timezone: null, day_or: true }, active: false, parameters: {} },
      },
      {
        phase: 'reversible',
        kind: 'create-schedule',
        body: { schedule: { interval: 60, timezone: null }, active: true, parameters: {}, slug: 'often' },
      },
      { phase: 'deletion', kind: 'delete-schedule', id: 's2' },
    ])
    expect(changed.writes.map(({ undo }) => undo.request)).toEqual([
      { kind: 'update-schedule', id: 's1', body: { schedule: nightly.schedule, active: false, parameters: { limit: 1 } } },
      { kind: 'delete-schedule', id: undefined },
      { kind: 'create-schedule', body: { schedule: nightly.schedule, active: true, parameters: {}, slug: 'old' } },
    ])
    expect(changed.changes).toEqual([
      { path: 'schedules.nightly.cron', before: '0 9 * * *', after: '0 10 * * *' },
      { path: 'schedules.nightly.parameters.limit', before: 1, after: undefined },
      { path: 'schedules.often', before: undefined, after: { interval: 60, timezone: null, active: true, parameters: {}, slug: 'often' } },
      {
        path: 'schedules.old',
        before: { cron: '0 9 * * *', timezone: null, day_or: true, active: true, parameters: {}, slug: 'old' },
        after: undefined,
      },
    ])
  })

  it('without slug are adopted in place', () => {
    const adopted = plan('schedules: [{cron: "0 9 * * *", slug: nightly}]', { schedules: [aLiveSchedule({ active: false })] })

    expect(adopted.changes).toEqual([{ path: 'schedules.nightly.slug', before: undefined, after: 'nightly' }])
    expect(adopted.writes).toMatchObject([
      {
        request: { kind: 'update-schedule', id: 's1', body: { slug: 'nightly', active: false } },
        undo: { loses: 'no-slug' },
      },
    ])
  })

  it('are renamed in place, and back', () => {
    const { request, undo } = onlyWrite(
      plan('schedules: [{cron: "0 9 * * *", slug: new, replaces: old}]', { schedules: [aLiveSchedule({ slug: 'old' })] }),
    )

    expect([request, undo.request]).toMatchObject([{ body: { slug: 'new' } }, { body: { slug: 'old' } }])
  })

  it('keep the live anchor when something else of them changes', () => {
    const live = aLiveSchedule({ slug: 'a', schedule: { interval: 600, anchor_date: '2026-01-01T00:00:00Z', timezone: 'UTC' } })

    expect(requests(plan('schedules: [{interval: 300, slug: a}]', { schedules: [live] }))).toMatchObject([
      { body: { schedule: { interval: 300, anchor_date: '2026-01-01T00:00:00Z' } } },
    ])
  })

  it('change their kind in place', () => {
    expect(plan('schedules: [{interval: 300, slug: nightly}]', { schedules: [nightly] }).changes.map(({ path }) => path)).toEqual([
      'schedules.nightly.cron',
      'schedules.nightly.day_or',
      'schedules.nightly.parameters.limit',
      'schedules.nightly.interval',
    ])
  })

  it('set what the file says of them', () => {
    expect(
      plan('schedules: [{cron: "0 9 * * *", active: true, slug: nightly, parameters: {limit: 1}}]', { schedules: [nightly] }).changes,
    ).toEqual([{ path: 'schedules.nightly.active', before: false, after: true }])
  })

  it.each([
    ['', ['schedules-removed']],
    ['schedules: []', []],
  ])('are deleted when the file has none (%j), warnings %j', (lines, codes) => {
    const { writes, warnings } = plan(lines, { schedules: [aLiveSchedule()] })

    expect(writes).toMatchObject([{ phase: 'deletion', reschedules: false, request: { kind: 'delete-schedule', id: 's1' } }])
    expect(warnings.map(({ code }) => code)).toEqual(codes)
  })
})

describe('a new deployment', () => {
  it('is created paused, whole, and unpaused last', () => {
    const created = plan('concurrency_limit: 1\nschedules: [{cron: "0 9 * * *", slug: a}]\ntags: [x]', undefined)

    expect(requests(created)).toEqual([
      {
        phase: 'reversible',
        kind: 'create-deployment',
        body: {
          name: 'nightly',
          version: null,
          paused: true,
          enforce_parameter_schema: true,
          concurrency_limit: 1,
          concurrency_options: null,
          schedules: [{ schedule: { cron: '0 9 * * *', timezone: null, day_or: true }, active: true, parameters: {}, slug: 'a' }],
          ...desired('tags: [x]').fields,
          tags: ['x', 'prefect-ecs-deploy:incomplete'],
        },
      },
      { phase: 'unpause', kind: 'update-deployment', body: { tags: ['x'], paused: false } },
    ])
    expect(created).toMatchObject({ action: 'create', id: undefined, flowName: 'etl', deploymentName: 'nightly' })
    expect(created.writes).toMatchObject([{ reschedules: false, undo: { request: { kind: 'delete-deployment' } } }, { reschedules: true }])
    expect(created.changes.map(({ path }) => path)).toEqual([
      'description',
      'tags',
      'entrypoint',
      'pull_steps',
      'work_pool_name',
      'job_variables',
      'parameter_openapi_schema',
      'concurrency_limit',
      'schedules.a',
    ])
  })

  it.each([
    ['paused: true', [{ phase: 'reversible' }]],
    ['schedules: [{cron: "0 9 * * *", active: false}]', [{ phase: 'reversible' }, { phase: 'unpause', reschedules: false }]],
  ])('with %s starts nothing', (lines, writes) => {
    expect(plan(lines, undefined).writes).toMatchObject(writes)
  })

  it('says what is unusual about it', () => {
    expect(plan('paused: true\nenforce_parameter_schema: false', undefined).changes).toContainEqual({
      path: 'paused',
      before: undefined,
      after: true,
    })
  })
})

describe('secrets in a plan', () => {
  const shown = (lines: string, fields: JsonObject, lookups: [string, Json][] = []) =>
    JSON.stringify(
      plan(lines, withFields(fields), lookups).changes.map(({ path, before, after }) => [
        path,
        ...[before, after].map((value) =>
          JSON.stringify(value, (_, part: unknown) =>
            part instanceof Object && 'sensitive' in part && part.sensitive === true ? '***' : part,
          ),
        ),
      ]),
    )
  const token: [string, Json][] = [['block secret/t', { value: 'new-secret' }]]

  it.each<[string, string, JsonObject, [string, Json][]]>([
    ['of a block', 'parameters: {day: "{{ prefect.blocks.secret.t }}"}', { parameters: { day: 'old-secret' } }, token],
    ['of a block in a list', 'tags: [a, "{{ prefect.blocks.secret.t }}"]', { tags: ['old-secret'] }, token],
    [
      'that a block reference replaces',
      'work_pool: {name: ecs, job_variables: {env: {X: "{{ prefect.blocks.secret.t }}"}}}',
      { job_variables: { image: IMAGE, env: { X: 'old-secret' } } },
      token,
    ],
    ['by its name', '', { job_variables: { image: IMAGE, env: { DB_PASSWORD: 'old-secret' } } }, []],
    ['by its name, a number', 'parameters: {api_key: 98765}', { parameters: { api_key: 'old-secret' } }, []],
    ['below a name', '', { parameters: { api_keys: { stripe: 'old-secret', others: [{ name: 'old-secret' }] } } }, []],
    [
      'below a name on both sides',
      'parameters: {api_keys: {stripe: {live: new-secret}}}',
      { parameters: { api_keys: { stripe: { live: 'old-secret' } } } },
      [],
    ],
    [
      'below a name of a schedule\'s parameters',
      'schedules: [{cron: "0 9 * * *", parameters: {tokens: {a: new-secret}}}]',
      {},
      [],
    ],
    ['in an address', '', { parameters: { url: 'postgres://me:old-secret@db/x' } }, []],
  ])('are hidden on both sides: %s', (_, lines, fields, lookups) => {
    const text = shown(lines, fields, lookups)

    expect(text).toContain('***')
    expect(text).not.toMatch(/old-secret|new-secret|98765/)
  })

  it('are written in clear', () => {
    const { request } = onlyWrite(plan('parameters: {day: "{{ prefect.blocks.secret.t }}"}', {}, token))

    expect('body' in request && reveal(request.body, RESULTS)).toMatchObject({ parameters: { day: 'new-secret' } })
  })

  it('that did not change are no change', () => {
    expect(
      plan('parameters: {day: "{{ prefect.blocks.secret.t }}"}', withFields({ parameters: { day: 'new-secret' } }), token).action,
    ).toBe('unchanged')
  })

  it('do not hide a schema that speaks of them, nor where they are', () => {
    expect(
      plan('', withFields({ parameter_openapi_schema: { ...aFlow().parameterSchema, properties: { token: { type: 'string' } } } })).changes,
    ).not.toContainEqual(expect.objectContaining({ before: expect.objectContaining({ sensitive: true }) }))
    expect(plan('', withFields({ job_variables: { image: IMAGE, prefect_api_key_secret_arn: 'arn:1' } })).changes).toEqual([
      { path: 'job_variables.prefect_api_key_secret_arn', before: 'arn:1', after: undefined },
    ])
    expect(sensitive('x').sensitive).toBe(true)
  })
})

describe('the schedules of a plan', () => {
  const anchored = { interval: 600, anchor_date: '2026-01-01T00:00:00Z', timezone: 'UTC' }

  it('are those that there will be, with live anchors and what is left to the server', () => {
    const { schedules } = plan('schedules: [{interval: 600, slug: often}, {cron: "0 9 * * *"}]', {
      schedules: [aLiveSchedule({ slug: 'often', active: false, schedule: anchored }), aLiveSchedule({ id: 's2', slug: 'old', schedule: { cron: '0 1 * * *' } })],
    })
    expect(schedules).toEqual([
      { label: 'often', rule: anchored, active: false },
      { label: '0 9 * * *', rule: { cron: '0 9 * * *', timezone: null, day_or: true }, active: true },
    ])
  })

  it.each<[string, Partial<LiveDeployment> | undefined]>([
    ['paused: true', undefined],
    ['paused: true', {}],
    ['', { paused: true }],
  ])('start nothing in a deployment that is paused: %j, %j', (lines, live) => {
    expect(plan(`${lines}\nschedules: [{cron: "0 9 * * *"}]`, live).schedules).toMatchObject([{ active: false }])
  })

  it('of a new one start when it is written', () => {
    expect(plan('schedules: [{interval: 600}]', undefined)).toMatchObject({
      isTakeover: false, schedules: [{ label: 'every 600 s', rule: { interval: 600, timezone: null }, active: true }],
    })
  })
})

describe('once applied', () => {
  const everything = [
    'description: New',
    'tags: [b, a]',
    'version: "3"',
    'enforce_parameter_schema: false',
    'concurrency_limit: {limit: 2, collision_strategy: CANCEL_NEW}',
    'parameters: {limit: 7, day: monday}',
    'pull: []',
    'schedules: [{cron: "0 9 * * *", slug: a, timezone: Europe/Berlin}, {interval: PT10M, parameters: {limit: 3}}, {rrule: FREQ=DAILY, active: false}]',
    'work_pool: {name: ecs, work_queue_name: high, job_variables: {env: {A: "{{ prefect.blocks.secret.x }}"}}}',
  ].join('\n')

  it.each<[string, string, LiveDeployment[]]>([
    ['a new one', '', []],
    ['a new one with everything', everything, []],
    ['a new paused one', 'paused: true\nschedules: [{interval: 60}]', []],
    [
      'one to which everything is added',
      everything,
      [aLiveDeployment({ schedules: [aLiveSchedule(), aLiveSchedule({ id: 's9', slug: 'z' })] })],
    ],
    [
      'one from which everything is removed',
      '',
      [
        aLiveDeployment({
          schedules: [aLiveSchedule({ slug: 'a' })],
          concurrencyLimit: { name: 'deployment:d1', limit: 1 },
          fields: {
            tags: ['a'],
            parameters: { limit: 1 },
            description: 'x',
            pull_steps: [],
            job_variables: { image: 'old', cpu: 1 },
            work_queue_name: 'high',
          },
        }),
      ],
    ],
    ['one to unpause', 'paused: false', [aLiveDeployment({ paused: true })]],
  ])('plans nothing for the second time: %s', async (_, lines, deployments) => {
    const clock = createFakeClock()
    const workspace = createFakeWorkspace({ clock, deployments, workPools: [aPool()] })
    const wanted: DesiredDeployment = desire(aConfig(lines)).desired
    const find = () => workspace.deployments.find(({ name }) => name === wanted.name)

    await applyDeployments([planDeployment(wanted, find(), RESULTS)], { results: RESULTS, workspace, survey: workspace.survey, clock, log: createFakeLog() })

    expect(planDeployment(wanted, find(), RESULTS)).toMatchObject({ action: 'unchanged', changes: [], writes: [] })
  })
})
