import { describe, expect, it } from '@jest/globals'
import { createFakeLog } from '../__fixtures__/fake-log.ts'
import { createFakePullRequests } from '../__fixtures__/fake-pull-requests.ts'
import { anOutcome, aPlannedDeployment, aReleasePlan } from '../__fixtures__/plans.ts'
import { aProject } from '../__fixtures__/project.ts'
import { publishComment, publishFailure } from '../src/comment.ts'
import { DeployError } from '../src/errors.ts'
import type { Inputs } from '../src/inputs.ts'
import type { ReleasePlan } from '../src/release-plan.ts'
import { readRecord } from '../src/report/plan-record.ts'
import type { Report } from '../src/report/report.ts'
import type { RunContext } from '../src/inputs/run-context.ts'

const HEAD = 'a'.repeat(40)
const NEWER = 'b'.repeat(40)
const MERGE = 'c'.repeat(40)
const RUN_URL = 'https://github.com/acme/flows/actions/runs/7007'
const ON_PULL_REQUEST: RunContext = {
  event: 'pull_request', commit: HEAD, base: 'd'.repeat(40), pullRequest: { number: 3, isForeign: false }, runUrl: RUN_URL, repository: 'acme/flows',
}
const ON_MAIN: RunContext = { ...ON_PULL_REQUEST, event: 'push', commit: MERGE, pullRequest: undefined }
const project = aProject().inputs()

/** A step on the pull request, or what is given of it, whose pull request is at its commit. */
function setUp(given: Partial<Inputs> = {}, masked: readonly string[] = []) {
  const github = createFakePullRequests()
  github.heads.set(3, HEAD)
  const { ports } = aProject()
  const log = createFakeLog()
  const context = (overrides: Partial<Inputs> = {}) => ({
    inputs: { ...project, comment: true, dryRun: true, run: ON_PULL_REQUEST, ...given, ...overrides },
    ports: { ...ports, pullRequests: github.pullRequests, comments: github.comments },
    log,
    masked: new Set(masked),
  })
  const releasing = () => context({ dryRun: false, run: ON_MAIN })
  return { github, log, context, releasing, body: () => github.kept.at(-1)?.body ?? '' }
}

function aReport(overrides: Partial<Report> = {}, plan: Partial<ReleasePlan> = {}): Report {
  return {
    plan: aReleasePlan({ dryRun: true, service: null, unlisted: [], impact: null, omissions: [], deployments: [aChange()], ...plan }),
    outcome: anOutcome(),
    run: ON_PULL_REQUEST,
    phases: [],
    at: new Date('2026-11-24T10:00:00Z'),
    deviations: [],
    ...overrides,
  }
}

function aChange(changes: ReleasePlan['deployments'][number]['changes'] = [{ path: 'tags', before: ['a'], after: ['b'] }]) {
  return aPlannedDeployment({ action: 'update', hash: '1'.repeat(16), takeover: false, schedules: [], changes })
}

const applied = () => aReport({ run: ON_MAIN }, { dryRun: false })

describe('the plan of a pull request', () => {
  it('becomes a comment that a later run finds', async () => {
    const { github, context, body, log } = setUp()

    await publishComment(aReport(), context())

    expect(github.calls).toEqual(['find 3', 'head 3', 'create 3'])
    expect(readRecord(body())).toMatchObject({ name: 'default', commit: HEAD, hash: aReleasePlan().hash, state: 'planned' })
    expect(log.lines).toEqual(['info: The comment on pull request 3: https://github.com/acme/flows/pull/3#issuecomment-1'])
  })

  it('is edited in place when it or its commit is another one', async () => {
    const { github, context, body } = setUp()
    await publishComment(aReport(), context())

    await publishComment(aReport({}, { hash: 'e'.repeat(64) }), context())
    github.heads.set(3, NEWER)
    const run = { ...ON_PULL_REQUEST, commit: NEWER }
    await publishComment(aReport({ run }, { hash: 'e'.repeat(64) }), context({ run }))

    expect(github.calls.filter((call) => /create|edit/.test(call))).toEqual(['create 3', 'edit 1', 'edit 1'])
    expect(readRecord(body())).toMatchObject({ commit: NEWER, hash: 'e'.repeat(64) })
  })

  it('is not written again when it says the same, whatever the time', async () => {
    const { github, context } = setUp()
    await publishComment(aReport(), context())

    await publishComment(aReport({ at: new Date('2026-11-24T11:00:00Z') }), context())

    expect(github.calls).toEqual(['find 3', 'head 3', 'create 3', 'find 3', 'head 3'])
  })

  it('has a comment for each name', async () => {
    const { github, context } = setUp()
    await publishComment(aReport(), context())

    await publishComment(aReport({}, { name: 'staging' }), context({ name: 'staging' }))

    expect(github.kept.map(({ body }) => readRecord(body)?.name)).toEqual(['default', 'staging'])
  })

  it('says that it is for an older commit when the pull request has moved on', async () => {
    const { github, context, body } = setUp()
    github.heads.set(3, NEWER)

    await publishComment(aReport(), context())

    expect(readRecord(body())).toMatchObject({ commit: HEAD })
    expect(body()).toContain(NEWER.slice(0, 7))
  })

  it('leaves the plan of a newer commit alone', async () => {
    const { github, context, body, log } = setUp()
    github.heads.set(3, NEWER)
    const run = { ...ON_PULL_REQUEST, commit: NEWER }
    await publishComment(aReport({ run }), context({ run }))
    const newer = body()

    await publishComment(aReport(), context())

    expect(body()).toBe(newer)
    expect(log.lines.at(-1)).toContain('is for its newer commit bbbbbbb and stays')
  })

  it('takes the place of a failure of the same commit', async () => {
    const { context, body } = setUp()
    await publishComment(aReport(), context())
    const before = body()
    await publishFailure(new Error('Prefect was not reached'), context())

    await publishComment(aReport(), context())

    expect(body()).toBe(before)
  })

  it('shows nothing that the log masks, also where Markdown would have escaped it, line by line', async () => {
    const { context, body } = setUp({}, ['of_a_block', 'first_line\nsecond_line'])
    const warnings = [{ code: 'image-ignored' as const, message: 'it has of_a_block and second_line', hint: 'Mend it.' }]
    await publishComment(aReport({}, { warnings }), context())

    expect(body()).toContain('it has \\*\\*\\* and \\*\\*\\*')
  })

  it('is left alone once the pull request is merged', async () => {
    const { github, context, releasing, body } = setUp()
    await publishComment(aReport(), context())
    github.merges.set(MERGE, 3)
    await publishComment(aReport({ run: ON_MAIN }, { dryRun: false }), releasing())
    const applied = body()
    await publishComment(aReport(), context())
    await publishFailure(new Error('a late one'), context())

    expect(applied).toContain('**Applied**')
    expect(body()).toBe(applied)
  })

  it('shows no secret of the inputs, and is found all the same', async () => {
    const secrets = ['pnu_secret', HEAD.slice(0, 10), 'x']
    const { context, body } = setUp({ secrets })
    const changes = [{ path: 'description', before: 'x', after: 'the key is pnu_secret' }]

    await publishComment(aReport({}, { deployments: [aChange(changes)] }), context())

    expect(body()).not.toContain('pnu_secret')
    expect(body()).toContain('the key is ***')
    expect(readRecord(body())).toMatchObject({ commit: HEAD })
  })
})

describe('nothing is asked of GitHub', () => {
  it.each<[string, Partial<Inputs>]>([
    ['with the comment off', { comment: false }],
    ['with the comment off on a release', { comment: false, dryRun: false, run: ON_MAIN }],
    ['for a plan that is on no pull request', { run: ON_MAIN }],
  ])('%s', async (_, inputs) => {
    const { github, context } = setUp(inputs)

    await publishComment(aReport({ run: context().inputs.run }), context())
    await publishFailure(new Error('no plan'), context())

    expect(github.calls).toEqual([])
  })
})

describe('after the release', () => {
  it('the comment of the merged pull request says what was applied, when and by which run', async () => {
    const { github, context, releasing, body } = setUp()
    await publishComment(aReport(), context())
    github.merges.set(MERGE, 3)

    await publishComment(applied(), releasing())

    expect(github.calls.slice(3)).toEqual([`of ${MERGE}`, 'find 3', 'edit 1'])
    expect(readRecord(body())).toMatchObject({ state: 'applied', commit: MERGE })
    expect(body()).toContain(RUN_URL)
    expect(body()).toMatch(/2026-11-24|24 Nov 2026/)
  })

  it('a failure is told, too', async () => {
    const { github, context, releasing, body } = setUp()
    await publishComment(aReport(), context())
    github.merges.set(MERGE, 3)

    await publishComment(aReport({ run: ON_MAIN, outcome: anOutcome({ failure: { message: 'The worker did not start', advice: [{ code: 'rollout-failed', hint: 'Look at its log' }] } }) }, { dryRun: false }), releasing())

    expect(readRecord(body())).toMatchObject({ state: 'failed' })
    expect(body()).toContain('The worker did not start')
    expect(body()).toContain('docs/errors.md#rollout-failed): Look at its log')
  })

  it.each([
    ['came without a pull request', undefined],
    ['came with one that has no comment', 3],
  ])('none is written for a commit that %s', async (_, number) => {
    const { github, releasing, log } = setUp()
    if (number !== undefined) github.merges.set(MERGE, number)

    await publishComment(applied(), releasing())

    expect(github.kept).toEqual([])
    expect(log.lines).toEqual([])
  })

  it('from a pull request itself, its own comment is told', async () => {
    const { github, context } = setUp()
    await publishComment(aReport(), context())

    await publishComment(aReport({}, { dryRun: false }), context({ dryRun: false }))

    expect(github.calls.slice(3)).toEqual(['find 3', 'edit 1'])
  })
})

describe('a plan that failed', () => {
  const failure = new DeployError('prefect-unreachable', 'Prefect was not reached')

  it('is told in a comment of its own where there is none', async () => {
    const { context, body } = setUp()

    await publishFailure(failure, context())

    expect(body()).toContain('Prefect was not reached')
    expect(readRecord(body())).toMatchObject({ name: 'default', commit: HEAD, state: 'failed' })
  })

  it('leaves the older plan standing, and marked as older', async () => {
    const { github, context, body } = setUp()
    await publishComment(aReport(), context())
    github.heads.set(3, NEWER)

    await publishFailure(failure, context({ run: { ...ON_PULL_REQUEST, commit: NEWER } }))

    expect(github.kept).toHaveLength(1)
    expect(body()).toMatch(/older commit.*aaaaaaa/s)
    expect(body()).toContain('etl/nightly')
    expect(body().indexOf('Prefect was not reached')).toBeLessThan(body().indexOf('etl/nightly'))
  })

  it('is told once', async () => {
    const { github, context } = setUp()
    await publishFailure(failure, context())

    await publishFailure(failure, context())

    expect(github.calls.filter((call) => /create|edit/.test(call))).toEqual(['create 3'])
  })

  it('leaves the plan of a newer commit alone', async () => {
    const { github, context, body } = setUp()
    github.heads.set(3, NEWER)
    const run = { ...ON_PULL_REQUEST, commit: NEWER }
    await publishComment(aReport({ run }), context({ run }))
    const newer = body()

    await publishFailure(failure, context())

    expect(body()).toBe(newer)
  })

  it('shows no secret of the inputs', async () => {
    const { context, body } = setUp({ secrets: ['pnu_secret'] })

    await publishFailure(new Error('401 for pnu_secret'), context())

    expect(body()).toContain('401 for ***')
  })

  it.each<[string, unknown, Partial<Inputs>]>([
    ['of a run that was cancelled', new DeployError('cancelled', 'The run was cancelled'), {}],
    ['of a release', failure, { dryRun: false }],
  ])('is not told %s', async (_, error, inputs) => {
    const { github, context } = setUp(inputs)

    await publishFailure(error, context())

    expect(github.calls).toEqual([])
  })
})

describe('what GitHub refuses', () => {
  const refusal = new Error('The token may not write comments on pull request 3 (403): give the job "permissions: pull-requests: write"')

  it('is one notice, and no failure of the plan', async () => {
    const { github, context, log } = setUp()
    github.failure = refusal

    await publishComment(aReport(), context())

    expect(log.lines).toEqual([`notice: The plan is not on the pull request: ${refusal.message}. The job summary has it.`])
  })

  it('is one notice, and no failure of the release', async () => {
    const { github, releasing, log } = setUp()
    github.failure = new Error('GitHub answered 502: look at githubstatus.com.')

    await publishComment(applied(), releasing())

    expect(log.lines).toEqual([
      'notice: The pull request does not say what was applied: GitHub answered 502: look at githubstatus.com. The job summary has it.',
    ])
  })

  it('does not hide why the plan failed', async () => {
    const { github, context, log } = setUp()
    github.failure = refusal

    await publishFailure(new Error('no plan'), context())

    expect(log.lines).toHaveLength(1)
  })
})
