import { readFileSync } from 'node:fs'
import { DeregisterTaskDefinitionCommand, ECSClient } from '@aws-sdk/client-ecs'
import { BatchGetImageCommand, DescribeImagesCommand, ECRClient } from '@aws-sdk/client-ecr'
import { beforeAll, describe, expect, it, jest } from '@jest/globals'
import { deployPolicy, trustPolicy } from '../../sandbox/aws/policies.ts'
import { connectSandbox } from '../../sandbox/connect.ts'
import type { Sandbox } from '../../sandbox/connect.ts'
import { isPrefectWrite } from '../../sandbox/prefect-recorder.ts'
import type { StepResult } from '../../sandbox/runner.ts'
import { dispatchEvent, pullRequestEvent, pushEvent } from '../../sandbox/runner/event.ts'
import { watch } from '../../sandbox/scenario.ts'
import { account, cluster, ecrRepository, environment, repository, roleArn } from '../../sandbox/scene.ts'
import { policyTargets } from '../../sandbox/seed-aws.ts'
import { readWorkspaceState } from '../../sandbox/workspace-state.ts'
import { edit } from '../../sandbox/workspace.ts'
import type { ReleasePlan } from '../../src/release-plan.ts'

jest.setTimeout(600_000)

const SERVICE = 'flow-worker'
const ROLLER = 'flows-roller'

let sandbox: Sandbox
let workspace: string
let ecr: ECRClient
let ecs: ECSClient

/** The roles of the documented policies, for this service. */
const inputs = { service: SERVICE, 'role-to-assume': roleArn(ROLLER) }
const release = (more: Record<string, string> = {}) => watch(sandbox, () => sandbox.run({ workspace, event: pushEvent(), inputs: { ...inputs, ...more } }))
const goBack = (to: string, more: Record<string, string> = {}) =>
  watch(sandbox, () => sandbox.run({ workspace, event: dispatchEvent(), inputs: { ...inputs, 'rollback-to': to, ...more } }))
const planOf = ({ outputs }: StepResult) => JSON.parse(readFileSync(outputs.plan ?? '', 'utf8')) as ReleasePlan
const errorsOf = ({ annotations }: StepResult) => annotations.filter(({ level }) => level === 'error').map(({ message }) => message)

/** What a rollback puts back: all that the server tells but for times, runs, and ids that the server gives anew: of deleted things and of triggers. */
async function stateNow() {
  const { deployments, concurrencyLimits, automations } = await readWorkspaceState((...request) => sandbox.prefectRequest(...request))
  const { services } = await sandbox.aws.state()
  return {
    service: services.find(({ serviceName }) => serviceName === SERVICE)?.taskDefinition,
    concurrencyLimits: concurrencyLimits.map(lasting),
    automations: automations.map(({ trigger, ...row }) => ({ ...lasting(row), trigger: lasting(trigger as Record<string, unknown>) })),
    deployments: deployments.map(({ schedules, ...row }) => ({
      ...lasting(row),
      schedules: (schedules as readonly Record<string, unknown>[]).map(lasting).toSorted((one, other) => (String(one.slug) < String(other.slug) ? -1 : 1)),
    })),
  }
}

const PASSING = ['id', 'created', 'updated', 'last_polled', 'status', 'global_concurrency_limit']

function lasting(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).filter(([key]) => !PASSING.includes(key) || (key === 'id' && 'flow_id' in row)))
}

async function recordsThere() {
  const { imageDetails = [] } = await ecr.send(new DescribeImagesCommand({ repositoryName: ecrRepository }))
  return imageDetails.filter(({ artifactMediaType }) => artifactMediaType?.includes('.record.v1')).flatMap(({ imageTags = [] }) => imageTags).sort()
}

beforeAll(async () => {
  sandbox = connectSandbox()
  await sandbox.reset()
  workspace = await sandbox.checkOut()
  const trust = trustPolicy(account.id, repository, [`environment:${environment}`])
  await sandbox.aws.createRole({ name: ROLLER, trustPolicy: trust, policy: deployPolicy({ ...policyTargets, service: SERVICE }) })
  const credentials = await sandbox.aws.createUser({ name: 'admin', policy: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] } })
  const client = { region: account.region, endpoint: sandbox.endpoints.aws.url, credentials }
  ecr = new ECRClient(client)
  ecs = new ECSClient(client)
})

describe('a release and one after it', () => {
  let first: StepResult
  let second: StepResult
  let before: Awaited<ReturnType<typeof stateNow>>

  beforeAll(async () => {
    await sandbox.run({ workspace, event: pushEvent(), inputs: { service: '', record: 'off' } })
    await sandbox.aws.createService({ cluster, name: SERVICE, taskDefinition: 'flows', desiredCount: 1, launchType: 'EC2' })
    edit(workspace, 'task-definition.json', '"INFO"', '"DEBUG"')
    edit(workspace, 'prefect.yaml', '  - name: retention\n', '  - name: retention\n    triggers: [{type: event, expect: ["shop.closed"], name: after-closing, parameters: {dry_run: true}}]\n')
    first = (await release()).step
    before = await stateNow()
    edit(workspace, 'flows/report.py', '\n\n\n', '\n\n\nREVISION = 2\n\n\n')
    edit(workspace, 'prefect.yaml', '"30 6 * * 1-5"', '"45 6 * * 1-5"')
    edit(workspace, 'prefect.yaml', '      - cron: "0 8 15 * *"\n        timezone: Europe/Berlin\n        slug: mid-month\n        active: false\n        parameters:\n          period: week\n', '')
    edit(workspace, 'prefect.yaml', '      limit: 50\n', '      limit: 75\n')
    edit(workspace, 'prefect.yaml', 'limit: 1\n', 'limit: 2\n')
    edit(workspace, 'prefect.yaml', 'shop.closed', 'shop.audited')
    second = (await release()).step
  })

  it('leave a record each, as an artifact about its image', async () => {
    expect(await recordsThere()).toEqual([first.outputs.record, second.outputs.record])

    const { images: [image] = [] } = await ecr.send(new BatchGetImageCommand({ repositoryName: ecrRepository, imageIds: [{ imageTag: first.outputs.record }] }))
    expect(JSON.parse(image?.imageManifest ?? '{}')).toMatchObject({
      artifactType: 'application/vnd.prefect-ecs-deploy.record.v1+json', subject: { digest: first.outputs['image-digest'] },
      config: { mediaType: 'application/vnd.oci.empty.v1+json', size: 2 },
    })
  })

  it('leave none when they change nothing', async () => {
    const { step, seen } = await release()

    expect(step.outputs.record).toBe('')
    expect(seen.writes).toBe(0)
    expect(await recordsThere()).toHaveLength(2)
  })

  it('are shown as they would go back with the role for pull requests, and nothing is written', async () => {
    const { step, seen } = await watch(sandbox, () =>
      sandbox.run({ workspace, event: pullRequestEvent({ number: 7 }), inputs: { service: '', 'rollback-to': 'previous' } }))
    const plan = planOf(step)

    expect(seen).toMatchObject({ writes: 0, builds: 0, containers: 0 })
    expect(plan).toMatchObject({ rollback: { record: first.outputs.record, newest: second.outputs.record }, image: { action: 'use', reference: first.outputs.image } })
    const changes = plan.deployments.flatMap(({ name, changes }) => changes.map(({ path }) => `${name} ${path}`))
    expect(changes).toEqual(expect.arrayContaining([
      'sales-report/report-daily schedules.workdays.cron', 'sales-report/report-monthly schedules.mid-month', 'import-orders/orders-hourly parameters.limit',
      'import-orders/orders-hourly concurrency_limit', 'retention/retention triggers.after-closing.expect',
    ]))
    expect(step.summary).toContain(`goes back to** \`${first.outputs.record ?? ''}`)
  })

  it('are undone by the previous record exactly, without a build, a push of an image or a registration', async () => {
    const revisions = (await sandbox.aws.state()).taskDefinitions.length
    const { step, seen } = await goBack('previous')
    const calls = await sandbox.aws.journal()

    expect(await stateNow()).toEqual(before)
    expect(seen).toMatchObject({ builds: 0, containers: 0 })
    expect(calls.filter(({ service, write }) => service === 'registry' && write)).toEqual([])
    expect((await sandbox.aws.state()).taskDefinitions).toHaveLength(revisions)
    expect(step.outputs).toMatchObject({ 'image-digest': first.outputs['image-digest'], 'service-status': 'rolled', 'task-definition-arn': first.outputs['task-definition-arn'] })
    expect(await recordsThere()).toEqual([first.outputs.record, second.outputs.record, step.outputs.record])
  })

  it('are there again by the previous record of that rollback, and by the tag and the digest of the first', async () => {
    const { step } = await goBack('previous')
    expect(step.outputs['image-digest']).toBe(second.outputs['image-digest'])

    const byTag = await goBack(first.outputs.record ?? '')
    expect(await stateNow()).toEqual(before)
    expect(byTag.step.outputs.changed).toBe('true')

    const byDigest = await goBack(second.outputs['image-digest'] ?? '', { 'dry-run': 'true' })
    expect(planOf(byDigest.step)).toMatchObject({ rollback: { record: step.outputs.record } })
  })

  it('of schedules alone are undone like any other', async () => {
    await release()
    const released = await stateNow()
    edit(workspace, 'prefect.yaml', '"45 6 * * 1-5"', '"55 6 * * 1-5"')
    await release()
    expect(await stateNow()).not.toEqual(released)

    const { step } = await goBack('previous')

    expect(await stateNow()).toEqual(released)
    expect(step.outputs).toMatchObject({ updated: '1', 'service-status': 'unchanged' })
  })

  it('are gone back to by a new revision when the recorded one is INACTIVE', async () => {
    const arn = first.outputs['task-definition-arn'] ?? ''
    await ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: arn }))
    const { step } = await goBack(first.outputs.record ?? '')

    const registered = step.outputs['task-definition-arn']
    expect(registered).not.toBe(arn)
    const { taskDefinitions } = await sandbox.aws.state()
    const [old, made] = [arn, registered].map((each) => taskDefinitions.find(({ taskDefinitionArn }) => taskDefinitionArn === each))
    expect(made?.containerDefinitions).toEqual(old?.containerDefinitions)
    expect((await stateNow()).service).toBe(registered)
  })

  it.each([['transition', 'is ARCHIVED'], ['expire', 'is no longer there']] as const)('cannot be gone back to after a lifecycle policy, which the error says: %s', async (action, what) => {
    const digest = second.outputs['image-digest'] ?? ''
    await sandbox.aws.lifecycle({ repository: ecrRepository, digest, action })
    await sandbox.aws.clearJournal()
    const step = await sandbox.run({ workspace, event: dispatchEvent(), inputs: { ...inputs, 'rollback-to': second.outputs.record ?? '' } })

    expect(step.exitCode).toBe(1)
    expect(errorsOf(step)).toEqual([expect.stringContaining(`[image-missing] The image of the record ${second.outputs.record ?? ''}, ${second.outputs.image ?? ''}, ${what}`)])
    expect((await sandbox.aws.journal()).filter(({ write }) => write)).toEqual([])
  })
})

describe('a record', () => {
  it('that cannot be written leaves the release green', async () => {
    edit(workspace, 'prefect.yaml', 'period: month', 'period: week')
    await sandbox.aws.fault({ service: 'ecr', operation: 'PutImage', times: 100, kind: { code: 'InvalidParameterException', message: 'The manifest is not taken', status: 400 } })
    const { step } = await release()
    await sandbox.aws.clearFaults()

    expect(step.outputs).toMatchObject({ changed: 'true', record: '' })
    expect(step.annotations).toContainEqual(expect.objectContaining({ level: 'warning', message: expect.stringContaining('[record-not-written]') }))
  })

  it('can be in a bucket', async () => {
    const record = `s3://${policyTargets.bucket}/records`
    edit(workspace, 'prefect.yaml', '"55 6 * * 1-5"', '"5 7 * * 1-5"')
    const one = await release({ record })
    const released = await stateNow()
    edit(workspace, 'prefect.yaml', '"5 7 * * 1-5"', '"10 7 * * 1-5"')
    await release({ record })
    const { step } = await goBack('previous', { record })

    expect(planOf(step)).toMatchObject({ rollback: { record: one.step.outputs.record } })
    expect(await stateNow()).toEqual(released)
  })
})

describe('an older commit', () => {
  it('is not released over a newer one, unless it may be', async () => {
    const pull = await sandbox.openPullRequest(workspace)
    const merged = await pull.merge()
    const older = String((merged.payload as { before?: unknown }).before)
    edit(workspace, 'prefect.yaml', 'description: Today\'s orders, every hour.', 'description: Orders of the newer commit.')
    const newer = await sandbox.run({ workspace, event: merged, inputs })
    expect(newer.exitCode).toBe(0)
    edit(workspace, 'prefect.yaml', 'description: Orders of the newer commit.', 'description: Orders of the older commit.')

    await Promise.all([sandbox.aws.clearJournal(), sandbox.prefect.clearJournal()])
    const stopped = await sandbox.run({ workspace, event: pushEvent(older), inputs })
    expect(errorsOf(stopped)).toEqual([expect.stringContaining(`[older-commit] This commit ${older.slice(0, 12)} is older than ${merged.sha.slice(0, 12)}, which is live`)])
    expect((await sandbox.aws.journal()).filter(({ write }) => write)).toEqual([])
    expect((await sandbox.prefect.journal()).filter(isPrefectWrite)).toEqual([])

    const planned = await sandbox.run({ workspace, event: dispatchEvent({}, older), inputs: { ...inputs, 'dry-run': 'true' } })
    expect(planOf(planned).warnings.map(({ code }) => code)).toContain('older-commit')

    const allowed = await sandbox.run({ workspace, event: pushEvent(older), inputs: { ...inputs, 'allow-older': 'true' } })
    expect(allowed.outputs).toMatchObject({ changed: 'true', updated: '1' })
  })
})

it('leaves the simulator without a defect', async () => {
  expect(await sandbox.aws.defects()).toEqual([])
})
