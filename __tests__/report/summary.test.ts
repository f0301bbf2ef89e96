import { describe, expect, it } from '@jest/globals'
import { revisionArn } from '../../__fixtures__/fake-task-definitions.ts'
import { anOutcome, aPlannedDeployment, aReleasePlan, pageOf, TAG } from '../../__fixtures__/plans.ts'
import { IMAGE, REPOSITORY } from '../../__fixtures__/prefect-files/deployments.ts'
import type { Outcome, PlanValue, ReleasePlan } from '../../src/release.ts'
import { formatChange, formatPlanLines, formatSummary, formatValue } from '../../src/report/summary.ts'

type Case = { readonly plan: ReleasePlan; readonly outcome: Outcome }

const HOSTILE = 'x` | <img src=x> <!-- @octocat\n| [a](b) | **c** | ``` | \\| # end'

const building: ReleasePlan['image'] = { action: 'build', repository: REPOSITORY, tag: TAG, fingerprint: 'f'.repeat(64), reference: null }
const registering: NonNullable<ReleasePlan['taskDefinition']> = {
  action: 'register', family: 'flows', container: 'prefect', arn: null, previousArn: revisionArn('flows', 6),
  changes: [
    { path: 'containerDefinitions.prefect.environment.DB_PASSWORD', before: { $sensitive: true }, after: { $sensitive: true } },
    { path: 'containerDefinitions.prefect.image', before: `${REPOSITORY}@sha256:old`, after: { $knownAfter: 'image' } },
    { path: 'cpu', before: '256', after: '512' },
  ],
}
const rolling: NonNullable<ReleasePlan['service']> = {
  action: 'roll', cluster: 'default', service: 'worker', from: revisionArn('flows', 6),
  reason: 'It runs flows:6 and goes to the new revision of flows', changes: [],
}
const updating = aPlannedDeployment({
  action: 'update',
  changes: [
    { path: 'tags', before: ['hourly'], after: ['hourly', 'etl'] },
    { path: 'job_variables.image', before: `${REPOSITORY}@sha256:old`, after: { $knownAfter: 'image' } },
    { path: 'job_variables.task_definition_arn', after: { $knownAfter: 'taskDefinition' } },
    { path: 'parameters.password', before: { $sensitive: true }, after: { $sensitive: true } },
    { path: 'description', before: 'Loads the day.', after: { $knownAfter: 'image', text: 'runs {image}' } },
    { path: 'paused', before: false, after: true },
    { path: 'schedules.nightly', before: { cron: '0 9 * * *', parameters: { token: { $sensitive: true } } } },
    { path: 'parameters.sql', before: 'select 1', after: 'x'.repeat(200) },
  ],
})
const repinned = aPlannedDeployment({
  action: 'update',
  changes: [{ path: 'job_variables.task_definition_arn', before: revisionArn('flows', 6), after: revisionArn('flows', 7) }],
})
const creating = aPlannedDeployment({
  name: 'etl/hourly', id: null, action: 'create', url: null, changes: [{ path: 'entrypoint', after: 'flows/etl.py:etl' }],
})
const warning: ReleasePlan['warnings'][number] = {
  code: 'step-skipped', message: 'the step build_docker_image is skipped', hint: 'Remove it.', file: 'prefect.yaml', line: 4,
}

const CASES: Readonly<Record<string, Case>> = {
  'a first release': {
    plan: aReleasePlan({
      image: building, taskDefinition: { ...registering, previousArn: null, changes: [] }, service: null, deployments: [creating],
    }),
    outcome: anOutcome({
      image: { reference: IMAGE, digest: 'sha256:new', tag: TAG, built: true },
      taskDefinitionArn: revisionArn('flows', 1), serviceStatus: undefined,
      deployments: [{ name: 'etl/hourly', id: 'd2', action: 'create', url: pageOf('d2') }],
    }),
  },
  'a release without a change': { plan: aReleasePlan(), outcome: anOutcome() },
  'a release with changes of every kind': {
    plan: aReleasePlan({
      image: building, taskDefinition: registering, service: rolling, warnings: [warning],
      deployments: [updating, creating, aPlannedDeployment({ name: 'etl/weekly', id: 'd3', url: pageOf('d3') })],
    }),
    outcome: anOutcome({
      image: { reference: IMAGE, digest: 'sha256:new', tag: TAG, built: true }, serviceStatus: 'rolled',
      deployments: [{ name: 'etl/hourly', id: 'd2', action: 'create', url: pageOf('d2') }],
    }),
  },
  'a plan only': {
    plan: aReleasePlan({ dryRun: true, image: building, taskDefinition: registering, service: rolling, deployments: [updating, creating] }),
    outcome: anOutcome({ image: undefined, taskDefinitionArn: undefined, serviceStatus: 'planned' }),
  },
  'a failure': {
    plan: aReleasePlan({ image: building, taskDefinition: registering, service: rolling, deployments: [creating] }),
    outcome: anOutcome({
      image: undefined, taskDefinitionArn: undefined, serviceStatus: 'planned',
      failure: 'Service worker did not come up on flows:7: the image has no such file.\nECS says: 2 × CannotPullContainerError',
    }),
  },
  'a redeploy of an image without tag': {
    plan: aReleasePlan({
      image: { action: 'use', repository: REPOSITORY, tag: null, fingerprint: null, reference: IMAGE }, deployments: [repinned],
    }),
    outcome: anOutcome({ image: { reference: IMAGE, digest: 'sha256:new', tag: undefined, built: false } }),
  },
  'a release without task definition and service': {
    plan: aReleasePlan({ taskDefinition: null, service: null }),
    outcome: anOutcome({ taskDefinitionArn: undefined, serviceStatus: undefined }),
  },
  'a release without deployments': { plan: aReleasePlan({ deployments: [] }), outcome: anOutcome({ deployments: [] }) },
  'hostile names and values': {
    plan: aReleasePlan({
      name: HOSTILE,
      image: { ...building, repository: HOSTILE },
      taskDefinition: { ...registering, family: HOSTILE, changes: [{ path: HOSTILE, before: HOSTILE, after: HOSTILE }] },
      service: { ...rolling, cluster: HOSTILE, service: HOSTILE, reason: HOSTILE },
      deployments: [
        aPlannedDeployment({
          name: HOSTILE, action: 'update', changes: [{ path: HOSTILE, before: HOSTILE, after: { [HOSTILE]: HOSTILE } }],
        }),
        aPlannedDeployment({ name: `${HOSTILE} 2`, id: null, url: null, action: 'create' }),
      ],
      warnings: [{ code: 'unsupported-key', message: HOSTILE, hint: HOSTILE }],
    }),
    outcome: anOutcome({ image: undefined, taskDefinitionArn: undefined, serviceStatus: undefined, failure: HOSTILE }),
  },
}

describe('the summary', () => {
  it.each(Object.keys(CASES))('of %s', (name) => {
    const { plan, outcome } = CASES[name] ?? missing(name)

    expect(formatSummary(plan, outcome)).toMatchSnapshot()
  })

  it('keeps three cells in every row, whatever is in names and values', () => {
    const rows = hostileLines().filter((line) => line.startsWith('|'))

    expect(rows).toHaveLength(2 + 4 + 2 + 2)
    expect(rows.map((row) => cellsOf(row).length)).toEqual(rows.map(() => 3))
  })

  it('has no markup, mention or comment outside of code, whatever is in names and values', () => {
    const text = hostileLines().map(withoutCode).join('\n')

    expect(text).not.toMatch(/@\w/)
    expect(text.replaceAll('<br>', '')).not.toMatch(/[<>]/)
    expect(text).not.toMatch(/(?<!\\)`/)
    expect(text).not.toMatch(/(?<!\\)\[a/)
  })

  it('has one line of a kind: no value begins a line', () => {
    const { plan, outcome } = CASES['hostile names and values'] ?? missing('hostile')
    const tame = JSON.parse(JSON.stringify({ plan, outcome }).replaceAll(JSON.stringify(HOSTILE).slice(1, -1), 'x')) as Case

    expect(hostileLines()).toHaveLength(formatSummary(tame.plan, tame.outcome).split('\n').length)
  })
})

describe('the plan in the log', () => {
  it.each(Object.keys(CASES).filter((name) => !name.startsWith('hostile')))('of %s', (name) => {
    const { plan } = CASES[name] ?? missing(name)

    expect(formatPlanLines(plan).join('\n')).toMatchSnapshot()
  })

  it('is one line a decision: none of them can be a command to the runner', () => {
    const command = 'first line\n::add-mask::second\r::stop-commands::third'
    const plan = aReleasePlan({
      taskDefinition: { ...registering, changes: [{ path: command, before: command, after: command }] },
      service: { ...rolling, reason: command },
      deployments: [aPlannedDeployment({ name: command, action: 'update', changes: [{ path: command, before: command, after: command }] })],
    })

    expect(formatPlanLines(plan).filter((line) => /[\r\n]/.test(line))).toEqual([])
  })
})

describe('a value', () => {
  it.each<[string, PlanValue | undefined, string]>([
    ['nothing', undefined, '(none)'],
    ['null', null, 'null'],
    ['a text', 'Europe/Berlin', 'Europe/Berlin'],
    ['a number', 10, '10'],
    ['a flag', false, 'false'],
    ['a list', ['a', 1], '["a",1]'],
    ['an object', { cron: '0 9 * * *' }, '{"cron":"0 9 * * *"}'],
    ['what is hidden', { $sensitive: true }, '(hidden)'],
    ['what is hidden in an object', { user: 'me', password: { $sensitive: true } }, '{"user":"me","password":"(hidden)"}'],
    ['what the push makes', { $knownAfter: 'image' }, '(known after push)'],
    ['what the registration makes', { $knownAfter: 'taskDefinition' }, '(known after registration)'],
    ['text around what the push makes', { $knownAfter: 'image', text: 'runs {image}' }, 'runs (known after push)'],
    ['what is known later in a list', ['a', { $knownAfter: 'image' }], '["a","(known after push)"]'],
    ['text that looks like it', '(hidden)', '(hidden)'],
    ['as much as is read', 'x'.repeat(120), 'x'.repeat(120)],
    ['more than is read', 'x'.repeat(121), `${'x'.repeat(120)}…`],
  ])('of %s', (_, value, text) => {
    expect(formatValue(value)).toBe(text)
  })

  it('is cut between characters', () => {
    expect(formatValue(`${'x'.repeat(119)}😀😀`)).not.toMatch(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])/)
  })

  it('stands in a change beside what it was', () => {
    expect(formatChange({ path: 'env.IMAGE', before: 'a', after: { $knownAfter: 'image' } })).toBe('env.IMAGE: a → (known after push)')
    expect(formatChange({ path: 'tags', after: ['a'] })).toBe('tags: (none) → ["a"]')
  })
})

function hostileLines(): string[] {
  const { plan, outcome } = CASES['hostile names and values'] ?? missing('hostile')
  return formatSummary(plan, outcome).split('\n')
}

/** The cells of a row as GitHub splits it: at every pipe without a backslash before it, code or not. */
function cellsOf(row: string): string[] {
  return row.replace(/^\| | \|$/g, '').split(/(?<!\\)\|/)
}

/** Code spans end at a run of as many backticks as they began with; a backslash keeps one from beginning. */
function withoutCode(line: string): string {
  return line.replace(/(?<![\\`])(`+)(?!`)(?:.*?[^`])\1(?!`)/g, '(code)')
}

function missing(name: string): never {
  throw new Error(`There is no case ${name}`)
}
