import { describe, expect, it } from '@jest/globals'
import { aConfig, aLiveDeployment, aLiveSchedule, desire, IMAGE } from '../../__fixtures__/prefect-files/deployments.ts'
import { basesOf, markOutside } from '../../src/deployment/outside.ts'
import { planDeployment } from '../../src/deployment/plan.ts'
import type { JsonObject } from '../../src/planned.ts'
import type { LiveDeployment } from '../../src/prefect-ports.ts'

/** The plan for these lines of the file, which had the lines `before` at its base. */
function mark(lines: string, before: string | undefined, live: Partial<LiveDeployment>) {
  const config = aConfig(lines)
  const plan = planDeployment(desire(config, { environment: { TEAM: 'data' } }).desired, aLiveDeployment(live), { image: IMAGE })
  return markOutside(plan, { config, base: before === undefined ? undefined : aConfig(before) })
}
const marked = (...options: Parameters<typeof mark>) =>
  mark(...options).changes.map(({ path, isOutside }) => (isOutside === true ? `${path} (outside)` : path))
const fields = (given: JsonObject): Partial<LiveDeployment> => ({ fields: given })
/** By that name, made so that it differs in when it fires and how long it waits. */
const automation = (trigger: JsonObject): Partial<LiveDeployment> => ({
  automations: [{
    id: 'a1', name: 'a.b',
    body: {
      name: 'a.b', description: '', enabled: true,
      trigger: { type: 'event', match: {}, match_related: {}, after: [], for_each: [], posture: 'Reactive', threshold: 1, within: 0, ...trigger },
      actions: [{ type: 'run-deployment', source: 'selected', deployment_id: 'd1', parameters: null, job_variables: null, schedule_after: 60 }],
    },
  }],
})
const pool = (more: string) => `work_pool: {name: ecs, ${more}}`
const schedules = (...overrides: Parameters<typeof aLiveSchedule>[0][]) =>
  ({ schedules: overrides.map((each, index) => aLiveSchedule({ id: `s${index}`, ...each })) })

describe('a change that is none of the file', () => {
  it.each<[string, Partial<LiveDeployment>, string[]]>([
    ['description: Old', fields({ description: 'By hand' }), ['description (outside)']],
    ['tags: [a]', fields({ tags: ['a', 'by-hand'] }), ['tags (outside)']],
    ['', fields({ tags: ['by-hand'] }), ['tags (outside)']],
    ['parameters: {limit: 3}', fields({ parameters: { limit: 4, day: 'x' } }), ['parameters.limit (outside)', 'parameters.day (outside)']],
    [pool('job_variables: {env: {a.b: "1"}}'), fields({ job_variables: { image: IMAGE, env: { 'a.b': '2' } } }), ['job_variables.env.a.b (outside)']],
    [pool('work_queue_name: high'), fields({ work_queue_name: 'low', work_pool_name: 'old' }), [
      'work_pool_name (outside)', 'work_queue_name (outside)',
    ]],
    [pool('job_variables: {env: {A: "1"}}'), fields({ job_variables: { image: IMAGE, env: { A: '2' }, cpu: 5 } }), [
      'job_variables.env.A (outside)', 'job_variables.cpu (outside)',
    ]],
    ['concurrency_limit: 2', { concurrencyLimit: { name: 'deployment:d1', limit: 5 } }, ['concurrency_limit (outside)']],
    ['paused: false', { paused: true }, ['paused (outside)']],
    ['enforce_parameter_schema: false', fields({ enforce_parameter_schema: true }), ['enforce_parameter_schema (outside)']],
    ['triggers: [{name: a.b, expect: [x], enabled: true}]', automation({ expect: ['y'] }), ['triggers.a.b.expect (outside)', 'triggers.a.b.schedule_after (outside)']],
    ['schedules: [{cron: "0 9 * * *", slug: a.b}]', schedules({ slug: 'a.b', schedule: { cron: '0 8 * * *', timezone: null, day_or: true } }), [
      'schedules.a.b.cron (outside)',
    ]],
    ['schedules: [{cron: "0 9 * * *", slug: a, parameters: {limit: 1}}]', schedules({ slug: 'a' }), ['schedules.a.parameters.limit (outside)']],
    ['schedules: []', schedules({ slug: 'by-hand' }), ['schedules.by-hand (outside)']],
    ['schedules: [{interval: PT10M}]', {}, ['schedules.every 600 s (outside)']],
  ])('is marked when the file says the same as before: %j', (lines, live, expected) => {
    expect(marked(lines, lines, live)).toEqual(expected)
  })

  it.each<[string, string, string, Partial<LiveDeployment>, string[]]>([
    ['it changed', 'tags: [b]', 'tags: [a]', fields({ tags: ['a'] }), ['tags']],
    ['it no longer says it', '', 'parameters: {limit: 3}', fields({ parameters: { limit: 3 } }), ['parameters.limit']],
    ['it no longer has the schedule', 'schedules: []', 'schedules: [{cron: "0 9 * * *"}]', schedules({}), ['schedules.0 9 * * *']],
    ['a placeholder may have another value', 'tags: ["{{ $TEAM }}"]', 'tags: ["{{ $TEAM }}"]', fields({ tags: ['old'] }), ['tags']],
    ['it comes from the flow', '', '', fields({ description: 'Old docstring', parameter_openapi_schema: {} }), [
      'description', 'parameter_openapi_schema.title', 'parameter_openapi_schema.type', 'parameter_openapi_schema.required',
      'parameter_openapi_schema.properties',
    ]],
    ['it is a pin', '', '', fields({ job_variables: { image: 'old@sha256:1' } }), ['job_variables.image']],
    ['a schedule gets its slug', 'schedules: [{cron: "0 9 * * *", slug: a}]', 'schedules: [{cron: "0 9 * * *", slug: a}]', schedules({}), [
      'schedules.a.slug',
    ]],
  ])('is not marked when %s', (_, lines, before, live, expected) => {
    expect(marked(lines, before, live)).toEqual(expected)
  })

  it('is not known without the file before the change, and not said of a takeover', () => {
    expect(marked('tags: [a]', undefined, fields({ tags: ['b'] }))).toEqual(['tags'])
    expect(marked('tags: [a]', 'tags: [a]', fields({ tags: ['b'], job_variables: { image: 'repo:latest' } }))).toEqual(['tags', 'job_variables.image'])
  })
})

describe('the deployment before the change', () => {
  it('is the one of the same name, and of the same entrypoint where there are several', () => {
    const config = aConfig('tags: [now]')
    const other = { ...aConfig('tags: [other]'), entrypoint: 'other.py:etl' }
    expect(basesOf([other, config])(config)).toBe(config)
    expect(basesOf([other])(config)).toBe(other)
    expect(basesOf([other, other])(config)).toBeUndefined()
    expect(basesOf([])(config)).toBeUndefined()
  })
})

describe('a pause that the file overrides', () => {
  const active = 'schedules: [{cron: "0 9 * * *", slug: a, active: true}]'

  it.each<[string, string | undefined, Partial<LiveDeployment>, number]>([
    ['paused: false', undefined, { paused: true }, 6],
    ['tags: []\npaused: false', 'paused: false', { paused: true }, 7],
    [active, active, schedules({ slug: 'a', active: false }), 6],
    ['paused: false', '', { paused: true, fields: { job_variables: { image: 'repo:latest' } } }, 6],
  ])('is warned of at its own line: %j', (lines, before, live, line) => {
    expect(mark(lines, before, live).warnings).toMatchObject([{ code: 'pause-overridden', location: { line } }])
  })

  it.each<[string, string | undefined, Partial<LiveDeployment>]>([
    ['paused: false', 'paused: true', { paused: true }],
    [active, active.replace('true', 'false'), schedules({ slug: 'a', active: false })],
    ['', '', { paused: true }],
    ['paused: false', '', {}],
    [active.replace(', active: true', ''), undefined, schedules({ slug: 'a', active: false })],
  ])('is no news when the file starts it itself or leaves it: %j', (lines, before, live) => {
    expect(mark(lines, before, live).warnings).toEqual([])
  })
})
