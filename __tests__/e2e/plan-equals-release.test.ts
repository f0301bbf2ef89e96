import { mkdtempSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { deployPolicy, planPolicy, trustPolicy } from '../../sandbox/aws/policies.ts'
import { run } from '../../sandbox/command.ts'
import { connectSandbox } from '../../sandbox/connect.ts'
import type { Sandbox } from '../../sandbox/connect.ts'
import type { OpenPullRequest } from '../../sandbox/github/pull-request.ts'
import { isPrefectWrite } from '../../sandbox/prefect-recorder.ts'
import type { StepResult } from '../../sandbox/runner.ts'
import { pushEvent } from '../../sandbox/runner/event.ts'
import type { WorkflowEvent } from '../../sandbox/runner/event.ts'
import { deploymentIds } from '../../sandbox/scenario.ts'
import { account, cluster, environment, repository, roleArn } from '../../sandbox/scene.ts'
import { policyTargets } from '../../sandbox/seed-aws.ts'
import { edit } from '../../sandbox/workspace.ts'
import type { PlanChange, PlanValue } from '../../src/plan-value.ts'
import type { ReleasePlan } from '../../src/release-plan.ts'

jest.setTimeout(300_000)

/** The documented roles, for every service: the worker of these tests runs the family of the task definition. */
const ROLES = { plan: 'flows-plan-all', deploy: 'flows-deploy-all' }
const WORKER = 'flow-worker'

let sandbox: Sandbox
/** What is on main, and released. */
let workspace: string
let ids: ReadonlyMap<string, string>

const step = (event: WorkflowEvent, inputs: Record<string, string> = {}, checkout = workspace) => {
  const role = roleArn(event.name === 'pull_request' ? ROLES.plan : ROLES.deploy)
  return sandbox.run({ workspace: checkout, event, inputs: { service: WORKER, 'role-to-assume': role, ...inputs } })
}
const planOf = ({ outputs, log }: StepResult): ReleasePlan => {
  if (outputs.plan === undefined) throw new Error(`The step made no plan:\n${log}`)
  return JSON.parse(readFileSync(outputs.plan, 'utf8')) as ReleasePlan
}
const prefect = (method: string, name: string, path = '', body?: unknown) =>
  sandbox.prefectRequest(method, `/deployments/${ids.get(name) ?? ''}${path}`, body)

beforeAll(async () => {
  sandbox = connectSandbox()
  await sandbox.reset()
  const trust = (subject: string) => trustPolicy(account.id, repository, [subject])
  const targets = { ...policyTargets, service: '*' }
  await sandbox.aws.createRole({ name: ROLES.plan, trustPolicy: trust('pull_request'), policy: planPolicy(targets) })
  await sandbox.aws.createRole({ name: ROLES.deploy, trustPolicy: trust(`environment:${environment}`), policy: deployPolicy(targets) })
  workspace = await sandbox.checkOut()
  edit(workspace, 'prefect.yaml', '        slug: workdays\n', '        slug: workdays\n        active: true\n')
  const first = await sandbox.run({ workspace, event: pushEvent() })
  ids = deploymentIds(first)
  await sandbox.aws.createService({ cluster, name: WORKER, taskDefinition: 'flows', desiredCount: 1, launchType: 'EC2' })
  await sandbox.aws.clock({ speed: 20 })
})

afterAll(() => sandbox.aws.clock({ speed: 1 }))

describe('a plan on a pull request and the release of its merge', () => {
  let planned: StepResult
  let released: StepResult

  /** The commit that the release is of is checked out anew, elsewhere, and the image is in ECR by then. */
  beforeAll(async () => {
    const checkouts = [workspace, await sandbox.checkOut()] as const
    edit(checkouts[1], 'prefect.yaml', '        slug: workdays\n', '        slug: workdays\n        active: true\n')
    for (const checkout of checkouts) changeEveryLayer(checkout)
    const pullRequest = await sandbox.openPullRequest(checkouts[0])
    planned = await step(pullRequest.event())
    await pushLocalImage(planOf(planned).image)
    released = await step(await pullRequest.merge(), {}, checkouts[1])
  })

  it('are made of an image that was built on the runner, and of the digest that ECR has of it', () => {
    expect([planned.conclusion, released.conclusion]).toEqual(['success', 'success'])
    expect(planOf(planned).image).toMatchObject({ action: 'build', reference: null })
    expect(planOf(released).image).toMatchObject({ action: 'reuse', reference: released.outputs.image, fingerprint: planOf(planned).image.fingerprint })
  })

  it('are about all four layers', () => {
    const { taskDefinitions: [taskDefinition], service, deployments } = planOf(planned)

    expect(taskDefinition).toMatchObject({ action: 'register', changes: expect.arrayContaining([expect.objectContaining({ after: 'DEBUG' })]) })
    expect(service).toMatchObject({ action: 'roll', service: WORKER })
    expect(deployments.filter(({ action }) => action === 'create').map(({ name }) => name)).toEqual(['sales-report/report-yearly'])
    expect(deployments.filter(({ action }) => action === 'update')).toHaveLength(ids.size)
  })

  it('have the same hash', () => {
    expect(released.outputs['plan-hash']).toMatch(/^[0-9a-f]{64}$/)
    expect(released.outputs['plan-hash']).toBe(planned.outputs['plan-hash'])
  })

  it('have the same changes, the image known or not', () => {
    const { image = '' } = released.outputs

    expect(changesIn(planOf(released), image)).toEqual(changesIn(planOf(planned), image))
  })

  it('say that the plan held: no part is told to be otherwise', () => {
    expect(released.log).not.toContain('Not as planned')
  })

  it('leave nothing to do: the next plan of the same checkout is empty', async () => {
    const next = await step((await sandbox.openPullRequest(workspace)).event())

    expect(next.outputs).toMatchObject({ changed: 'false', created: '0', updated: '0' })
  })
})

describe('a release, when the live state changed after the plan', () => {
  let released: StepResult
  let pullRequest: OpenPullRequest

  const deviations = () => released.annotations.filter(({ message }) => message.startsWith('Not as planned')).map(({ message }) => message)

  beforeAll(async () => {
    edit(workspace, 'prefect.yaml', 'keep_days: 30', 'keep_days: 45')
    edit(workspace, 'prefect.yaml', 'munich]', 'munich, bonn]')
    pullRequest = await sandbox.openPullRequest(workspace)
    await step(pullRequest.event())
    await prefect('PATCH', 'orders-hourly', '', { parameters: { shops: ['berlin'], limit: 5 } })
    await pauseSchedule('report-daily')
    await pauseSchedule('report-weekly')
    released = await step(await pullRequest.merge())
  })

  it('is green, and tells of each deployment that changes otherwise than was planned', () => {
    expect(released.conclusion).toBe('success')
    expect(deviations().join('\n')).toContain('orders-hourly')
    expect(deviations().join('\n')).toContain('report-daily')
  })

  it('does not tell of what held: a changed deployment, and a schedule that stays paused because the file leaves that to the UI', () => {
    expect(deviations().length).toBeGreaterThan(0)
    for (const name of ['retention-rehearsal', 'orders-backfill', 'report-weekly']) expect(deviations().join('\n')).not.toContain(name)
  })

  it('says so in the summary and in the comment', async () => {
    const [comment] = await pullRequest.comments()

    for (const text of [released.summary, comment?.body ?? '']) {
      expect(text).toContain('orders-hourly')
      expect(text).toContain('report-daily')
    }
  })
})

describe('expect-plan-hash', () => {
  let approved: string
  let merged: WorkflowEvent

  beforeAll(async () => {
    edit(workspace, 'prefect.yaml', 'keep_days: 45', 'keep_days: 90')
    const pullRequest = await sandbox.openPullRequest(workspace)
    approved = (await step(pullRequest.event())).outputs['plan-hash'] ?? ''
    merged = await pullRequest.merge()
  })

  it('stops a release whose plan is another by then, before anything is written, and names what differs', async () => {
    await prefect('PATCH', 'retention', '', { parameters: { stores: ['customers'] } })
    await Promise.all([sandbox.aws.clearJournal(), sandbox.prefect.clearJournal()])

    const { conclusion, annotations } = await step(merged, { 'expect-plan-hash': approved })

    expect(conclusion).toBe('failure')
    expect(annotations.filter(({ level }) => level === 'error')).toMatchObject([{ message: expect.stringMatching(/\[plan-changed\].*retention\/retention/) }])
    expect((await sandbox.aws.journal()).filter(({ write }) => write)).toEqual([])
    expect((await sandbox.prefect.journal()).filter(isPrefectWrite)).toEqual([])
  })

  it('lets the approved plan through', async () => {
    await prefect('PATCH', 'retention', '', { parameters: { stores: ['orders', 'customers'] } })

    const { conclusion, outputs } = await step(merged, { 'expect-plan-hash': approved })

    expect(conclusion).toBe('success')
    expect(outputs).toMatchObject({ 'plan-hash': approved, updated: '1' })
  })

  it('that is no hash is an error of its own', async () => {
    const { annotations } = await step(merged, { 'expect-plan-hash': 'latest' })

    expect(annotations).toMatchObject([{ level: 'error', message: expect.stringMatching(/\[invalid-input\].*expect-plan-hash/) }])
  })
})

/** A flow, a variable of the task definition, a schedule, a parameter, a new deployment. */
function changeEveryLayer(checkout: string): void {
  edit(checkout, 'flows/report.py', '\n\n\n', '\n\n\nREVISION = "every layer"\n\n\n')
  edit(checkout, 'task-definition.json', '"INFO"', '"DEBUG"')
  edit(checkout, 'prefect.yaml', '30 6 * * 1-5', '45 6 * * 1-5')
  edit(checkout, 'prefect.yaml', 'limit: 50', 'limit: 75')
  edit(checkout, 'prefect.yaml', '  - name: report-monthly\n', `  - name: report-yearly
    entrypoint: flows/report.py:report
    schedules:
      - cron: "0 9 1 1 *"
        timezone: Europe/Berlin
        slug: new-year
    work_pool: *scheduled

  - name: report-monthly
`)
}

/** The plan's own image, pushed as another job would that a release does not know of. */
async function pushLocalImage({ repository: uri, tag }: ReleasePlan['image']): Promise<void> {
  const { aws, docker, folder } = sandbox.endpoints
  const credentials = await sandbox.aws.createUser({ name: 'another-job', policy: deployPolicy(policyTargets) })
  const { authorizationData } = await new ECRClient({ region: account.region, endpoint: aws.url, credentials }).send(new GetAuthorizationTokenCommand())
  const [username = '', password = ''] = Buffer.from(authorizationData?.[0]?.authorizationToken ?? '', 'base64').toString().split(':')
  const env = { ...process.env, DOCKER_HOST: docker.host, DOCKER_CONFIG: mkdtempSync(join(folder, 'docker-')) }
  await run(['docker', 'login', '--username', username, '--password-stdin', aws.ecrHost], { env, input: password })
  await run(['docker', 'push', '--quiet', `${uri}:${tag ?? ''}`], { env })
}

async function pauseSchedule(name: string): Promise<void> {
  const { schedules } = (await prefect('GET', name)) as { schedules: { id: string }[] }
  for (const { id } of schedules) await prefect('PATCH', name, `/schedules/${id}`, { active: false })
}

/** Every change of every layer; what a plan knows only after the push reads as it does when it is known. */
function changesIn({ taskDefinitions: [taskDefinition], service, deployments }: ReleasePlan, image: string) {
  const change = ({ path, before, after }: PlanChange) => ({ path, before: known(before, image), after: known(after, image) })
  return {
    taskDefinition: { action: taskDefinition?.action, changes: taskDefinition?.changes.map(change) },
    service: { action: service?.action, reason: service?.reason, changes: service?.changes.map(change) },
    deployments: deployments.map(({ name, action, hash, changes }) => ({ name, action, hash, changes: changes.map(change) })),
  }
}

function known(value: PlanValue | undefined, image: string): PlanValue | undefined {
  if (value === undefined) return undefined
  const text = JSON.stringify(value)
    .replaceAll(/\{"\$knownAfter":"image","text":"((?:[^"\\]|\\.)*)"\}/g, (_, inner: string) => `"${inner.replaceAll('{image}', image)}"`)
    .replaceAll('{"$knownAfter":"image"}', JSON.stringify(image))
  return JSON.parse(text) as PlanValue
}
