import { describe, expect, it } from '@jest/globals'
import { aConfig, desire, desired, errorOf, readFixture } from '../../__fixtures__/prefect-files/deployments.ts'
import { sensitive } from '../../src/planned.ts'
import type { Json, JsonObject } from '../../src/planned.ts'
import { MANAGED_TAG } from '../../src/deployment/triggers.ts'

/** What Prefect makes of a trigger: refuses it, sends what the open-source server refuses, or sends what it takes. */
type Recorded = { readonly yaml: string; readonly error?: string; readonly cloud?: JsonObject; readonly server?: JsonObject }

const RECORDED = JSON.parse(readFixture('triggers.json')) as readonly Recorded[]

/** What Prefect takes and this action does not, and the other way round; each is told in docs/facts.md. */
const DEVIATIONS = {
  'Prefect fails on a Proactive trigger with a duration in words': [
    '{posture: Proactive, within: "PT1M"}',
  ],
  'a flag is no number': ['{within: true}', '{threshold: true}'],
  'a negative duration has no meaning': ['{triggers: [{expect: [a]}], within: -1}'],
  'without a name, the automation gets the name that it has without the key': ['{name: null}', '{name: ""}'],
  'only the server can read Jinja and JSON in parameters': [
    '{parameters: {day: {__prefect_kind: json, value: "{"}}}', '{parameters: {day: "{{ bad"}}',
  ],
} as const

const deviates = ({ yaml }: Recorded) => Object.values(DEVIATIONS).some((cases) => (cases as readonly string[]).includes(yaml))
const of = (yaml: string) => `triggers: [${yaml}]`

/** Without what the action adds. */
function bodyOf(yaml: string, isCloud: boolean): JsonObject {
  const [trigger] = desired(of(yaml), { isCloud }).triggers
  if (trigger === undefined) throw new Error('There is no trigger')
  expect(trigger.body.tags).toEqual([MANAGED_TAG])
  return { ...trigger.body, tags: [] }
}

describe('a trigger, as Prefect 3.8.8 reads it', () => {
  const cases = RECORDED.filter((each) => !deviates(each))

  it.each(cases.filter(({ server }) => server !== undefined))('becomes what the server keeps: $yaml', ({ yaml, server }) => {
    expect(bodyOf(yaml, false)).toEqual(server)
  })

  it.each(cases.filter(({ cloud }) => cloud !== undefined && isMetric(cloud)))('becomes what Prefect Cloud is sent: $yaml', ({ yaml, cloud }) => {
    expect(bodyOf(yaml, true)).toEqual(cloud)
    expect(errorOf(() => desired(of(yaml), { isCloud: false })).message).toContain('only Prefect Cloud has metric triggers')
  })

  it.each(cases.filter(({ error, cloud }) => error !== undefined || (cloud !== undefined && !isMetric(cloud))))('is refused: $yaml', ({ yaml }) => {
    expect(errorOf(() => desired(of(yaml), { isCloud: false })).code).toBe('prefect-file-invalid')
  })

  it('deviates only where it is said', () => {
    const all = Object.values(DEVIATIONS).flat()
    expect(RECORDED.filter(deviates).map(({ yaml }) => yaml).sort()).toEqual([...all].sort())
  })
})

describe('what deviates', () => {
  it('takes a duration in words for a Proactive trigger', () => {
    expect(bodyOf('{posture: Proactive, within: PT1M}', false).trigger).toMatchObject({ within: 60 })
  })

  it.each(['{within: true}', '{threshold: true}', '{triggers: [{expect: [a]}], within: -1}'])('refuses %s', (yaml) => {
    expect(errorOf(() => desired(of(yaml))).code).toBe('prefect-file-invalid')
  })

  it.each(['{name: null}', '{name: ""}'])('gives %s the default name', (yaml) => {
    expect(bodyOf(yaml, false).name).toBe('nightly__automation_1')
  })

  it.each(DEVIATIONS['only the server can read Jinja and JSON in parameters'])('leaves %s to the server', (yaml) => {
    expect(bodyOf(yaml, false).name).toBe('nightly__automation_1')
  })
})

describe('triggers of a deployment', () => {
  it('are named after their place among all of them', () => {
    expect(desired('triggers: [{}, {name: mine}, {}]').triggers.map(({ name }) => name)).toEqual(['nightly__automation_1', 'mine', 'nightly__automation_3'])
  })

  it('know whether the file speaks of them', () => {
    expect([desired(), desired('triggers: []'), desired('triggers:')].map(({ hasTriggersKey }) => hasTriggersKey)).toEqual([false, true, true])
  })

  it('are wrong at their line and column, all at once', () => {
    const { problems } = errorOf(() => desired('triggers:\n  - {threshold: many}\n  - expect: a\n    within: soon'))
    expect(problems.map(({ message, location }) => [location?.line, message])).toEqual([
      [7, 'deployment "nightly", trigger 1: threshold must be a number'],
      [8, 'deployment "nightly", trigger 2: expect must be a list of texts'],
      [9, 'deployment "nightly", trigger 2: within must be seconds, an ISO 8601 duration (PT10M) or H:MM:SS'],
    ])
  })

  it('are wrong where they are inside others', () => {
    const { location, message } = errorOf(() => desired('triggers:\n  - require: any\n    triggers:\n    - {expect: [a]}\n    - {threshold: many}'))
    expect([location?.line, message]).toEqual([10, 'deployment "nightly", trigger 1: threshold must be a number'])
  })

  it('have job variables that the work pool takes', () => {
    const error = errorOf(() => desired('triggers:\n  - job_variables:\n      env: [x]'))
    expect([error.code, error.location?.line]).toEqual(['job-variables-invalid', 8])
  })

  it('are rendered, their parameters but for what the server renders when an event comes', () => {
    const lookups = new Map<string, Json>([['variable queue', 'q1'], ['block secret/key', { value: 's3cret' }], ['variable day', 'monday']])
    const [trigger] = desired([
      'triggers:',
      '- enabled: "{{ $ON }}"',
      '  expect: ["file.{{ prefect.variables.queue }}"]',
      '  match: {key: "{{ prefect.blocks.secret.key }}"}',
      '  job_variables: {env: {KEY: "{{ prefect.blocks.secret.key }}", Q: "{{ prefect.variables.queue }}"}}',
      '  parameters: {id: "{{ event.id }}", run: "{{ flow_run.name }}", image: "{{ image }}", day: "{{ prefect.variables.day }}", key: "{{ prefect.blocks.secret.key }}"}',
    ].join('\n  '), { lookups, environment: { ON: 'no' } }).triggers
    expect(trigger?.body).toMatchObject({
      enabled: false,
      trigger: { expect: ['file.q1'], match: { key: sensitive('s3cret') } },
      actions: [{
        job_variables: { env: { KEY: '{{ prefect.blocks.secret.key }}', Q: 'q1' } },
        parameters: { id: '{{ event.id }}', run: '{{ flow_run.name }}', image: '{{ image }}', day: 'monday', key: sensitive('s3cret') },
      }],
    })
  })

  it('are not wrong for what only the workspace can tell, in a plan that cannot ask it', () => {
    expect(desired('triggers: [{enabled: "{{ prefect.variables.on }}", within: "{{ prefect.variables.x }}"}]', { lookups: undefined }).triggers).toHaveLength(1)
  })

  it('are Prefect Cloud metrics where that is not known', () => {
    expect(desire(aConfig(of('{type: metric, metric: {name: lateness, threshold: 1, operator: ">"}}'))).desired.triggers).toHaveLength(1)
  })
})

function isMetric(body: JsonObject): boolean {
  return JSON.stringify(body).includes('"metric"')
}
