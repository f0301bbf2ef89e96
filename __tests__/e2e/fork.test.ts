import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it, jest } from '@jest/globals'
import { connectSandbox } from '../../sandbox/connect.ts'
import type { Sandbox } from '../../sandbox/connect.ts'
import type { OpenPullRequest } from '../../sandbox/github/pull-request.ts'
import type { StepOptions, StepResult } from '../../sandbox/runner.ts'
import { pushEvent } from '../../sandbox/runner/event.ts'
import { edit } from '../../sandbox/workspace.ts'
import type { ReleasePlan } from '../../src/release-plan.ts'

jest.setTimeout(300_000)

/** Variables and secrets that the run does not get are empty text. */
const NOTHING = { 'role-to-assume': '', 'prefect-api-url': '', 'prefect-api-key': '' }
const DEPLOYMENTS = ['orders-hourly', 'orders-backfill', 'report-daily', 'report-weekly', 'report-monthly', 'retention', 'retention-rehearsal']

let sandbox: Sandbox
let workspace: string
let pullRequest: OpenPullRequest

type Watched = StepResult & { readonly plan: ReleasePlan; readonly requests: readonly string[]; readonly builds: number }

/** A step, its plan, and every request that AWS, its registry and Prefect got. */
async function watch(options: Partial<StepOptions>): Promise<Watched> {
  const { aws, prefect } = sandbox
  await Promise.all([aws.clearJournal(), prefect.clearJournal()])
  const step = await sandbox.run({ workspace, event: pullRequest.event(), ...options })
  const [calls, exchanges] = await Promise.all([aws.journal(), prefect.journal()])
  if (step.outputs.plan === undefined) throw new Error(`The step made no plan:\n${step.log}`)
  return {
    ...step,
    plan: JSON.parse(readFileSync(step.outputs.plan, 'utf8')) as ReleasePlan,
    requests: [...calls.map(({ service, operation }) => `${service}:${operation}`), ...exchanges.map(({ method, path }) => `${method} ${path}`)],
    builds: step.children.filter(({ argv }) => argv.includes('build')).length,
  }
}

const fork = () => ({ event: pullRequest.event({ fork: true }), idToken: undefined, token: sandbox.endpoints.github.readOnlyToken })
const messages = ({ annotations }: StepResult, level: string) => annotations.filter((each) => each.level === level).map(({ message }) => message)
const aboutTheComment = (step: StepResult) => messages(step, 'notice').filter((message) => message.includes('The plan is not on the pull request'))

beforeAll(async () => {
  sandbox = connectSandbox()
  await sandbox.reset()
  workspace = await sandbox.checkOut()
  await sandbox.run({ workspace, event: pushEvent() })
  edit(workspace, 'flows/orders.py', '\n\n\n', '\n\n\nREVISION = "of a stranger"\n\n\n')
  edit(workspace, 'prefect.yaml', '30 6 * * 1-5', '45 6 * * 1-5')
  pullRequest = await sandbox.openPullRequest(workspace)
})

describe('a pull request from a fork', () => {
  let step: Watched

  beforeAll(async () => { step = await watch({ ...fork(), inputs: NOTHING }) })

  it('is green, without a warning, and asks nothing of AWS or Prefect', () => {
    expect(step).toMatchObject({ conclusion: 'success', requests: [] })
    expect(messages(step, 'warning').filter((message) => message.includes('[credentials-missing]'))).toEqual([])
  })

  it('shows the deployments, their schedules and the fingerprint of the image, which is built to read the flows', () => {
    expect(step.builds).toBe(1)
    expect(step.plan.deployments.map(({ name }) => name.slice(name.indexOf('/') + 1)).toSorted()).toEqual(DEPLOYMENTS.toSorted())
    expect(step.plan.deployments.map(({ name }) => name)).toContain('sales-report/report-daily') // the flow's own name: it was imported
    for (const name of DEPLOYMENTS) expect(step.summary).toContain(name)
    expect(step.plan.image).toMatchObject({ action: 'unknown', fingerprint: expect.stringMatching(/^[0-9a-f]{12}/) })
    expect(step.summary).toContain(step.plan.image.fingerprint?.slice(0, 7))
  })

  it('shows when each schedule starts runs next, in its own time zone', () => {
    const daily = step.plan.deployments.find(({ name }) => name === 'sales-report/report-daily')
    const time = expect.stringMatching(/T0[45]:45:00/) // 06:45 in Berlin, as the file has it now

    expect(daily?.schedules).toMatchObject([{ timezone: 'Europe/Berlin', active: true, next: [time, time, time] }])
    expect(step.summary).toContain('Europe/Berlin')
  })

  it('names in the summary everything that it left out', () => {
    expect(step.plan.omissions.length).toBeGreaterThanOrEqual(3)
    for (const { what } of step.plan.omissions) expect(step.summary).toContain(what)
  })

  it('says in one notice that the plan is not in a comment, because the token may not write one', async () => {
    expect(aboutTheComment(step)).toEqual([expect.stringContaining('pull-requests: write')])
    expect(await pullRequest.comments()).toEqual([])
  })

  it('gives the build and the reading of the flows no credentials, and the flows no network', () => {
    const code = step.children.filter(({ argv }) => argv.includes('build') || argv.includes('run'))

    expect(code.length).toBeGreaterThan(1)
    for (const { env } of code) expect(Object.keys(env).filter((name) => /^(AWS_|PREFECT_|INPUT_|ACTIONS_|GITHUB_TOKEN)/.test(name))).toEqual([])
    for (const { argv } of code.filter(({ argv }) => argv.includes('run'))) expect(argv.join(' ')).toMatch(/--network[= ]none/)
  })

  it('is red when its code is broken', async () => {
    const broken = await sandbox.checkOut()
    edit(broken, 'prefect.yaml', 'flows/retention.py:retention', 'flows/retention.py:gone')

    const { conclusion, annotations } = await sandbox.run({ ...fork(), workspace: broken, inputs: NOTHING })

    expect(conclusion).toBe('failure')
    const missing = (line: number) => ({ message: expect.stringContaining('[entrypoint-missing]'), file: 'prefect.yaml', line })
    expect(annotations.filter(({ level }) => level === 'error')).toMatchObject([missing(111), missing(122)])
  })
})

describe('a pull request by Dependabot', () => {
  it('is planned like one from a fork, as it gets no secrets either', async () => {
    const inputs = { 'prefect-api-key': '', 'prefect-api-url': sandbox.endpoints.cloud.apiUrl }

    const step = await watch({ idToken: undefined, env: { GITHUB_ACTOR: 'dependabot[bot]' }, token: sandbox.endpoints.github.readOnlyToken, inputs })

    expect(step).toMatchObject({ conclusion: 'success', requests: [] })
    expect(messages(step, 'warning').filter((message) => message.includes('[credentials-missing]'))).toEqual([])
    expect(step.plan.omissions.length).toBeGreaterThanOrEqual(3)
  })
})

describe('a pull request of the same repository', () => {
  it('whose token may not write comments is planned whole; one notice says why the comment is missing', async () => {
    const step = await watch({ token: sandbox.endpoints.github.readOnlyToken })

    expect(step).toMatchObject({ conclusion: 'success', plan: { omissions: [], image: { action: 'build' } } })
    expect(aboutTheComment(step)).toEqual([expect.stringContaining('pull-requests: write')])
    expect(step.summary).toContain('report-daily')
    expect(await pullRequest.comments()).toEqual([])
  })

  it('without id-token is green with a warning that says what to add, and shows what needs no credentials', async () => {
    const step = await watch({ idToken: undefined })

    expect(step).toMatchObject({ conclusion: 'success', requests: [] })
    expect(messages(step, 'warning').filter((message) => message.includes('[credentials-missing]'))).toEqual([expect.stringContaining('id-token: write')])
    expect(step.summary).toContain('report-daily')
  })
})

describe('pull_request_target', () => {
  it('with code from a fork is refused before anything is built or asked', async () => {
    await Promise.all([sandbox.aws.clearJournal(), sandbox.prefect.clearJournal()])

    const step = await sandbox.run({ workspace, event: pullRequest.event({ fork: true, target: true }) })

    expect(step).toMatchObject({ conclusion: 'failure', children: [], annotations: [{ level: 'error', message: expect.stringContaining('[unsafe-event]') }] })
    expect([...(await sandbox.aws.journal()), ...(await sandbox.prefect.journal())]).toEqual([])
  })
})

describe('dry-run-build: false', () => {
  it.each(['with credentials', 'from a fork'])('%s plans a new image without docker, and says that the flows were not read', async (how) => {
    const step = await watch(how === 'from a fork' ? { ...fork(), inputs: { ...NOTHING, 'dry-run-build': 'false' } } : { inputs: { 'dry-run-build': 'false' } })

    expect(step).toMatchObject({ conclusion: 'success', builds: 0 })
    expect(step.children.filter(({ argv }) => argv.includes('run'))).toEqual([])
    expect(step.plan.omissions).toContainEqual(expect.objectContaining({ what: expect.stringMatching(/flow/) }))
    expect(step.plan.deployments).toHaveLength(DEPLOYMENTS.length)
  })

  it('has no effect on a release, which builds what is missing', async () => {
    const step = await watch({ event: pushEvent(), inputs: { 'dry-run-build': 'false' } })

    expect(step).toMatchObject({ conclusion: 'success', builds: 1, outputs: { 'image-built': 'true' } })
  })
})
