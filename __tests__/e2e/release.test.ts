import { beforeAll, describe, expect, it, jest } from '@jest/globals'
import { deployPolicy, trustPolicy } from '../../sandbox/aws/policies.ts'
import { connectSandbox } from '../../sandbox/connect.ts'
import type { Sandbox } from '../../sandbox/connect.ts'
import { isPrefectWrite } from '../../sandbox/prefect-recorder.ts'
import type { StepResult } from '../../sandbox/runner.ts'
import { dispatchEvent, pullRequestEvent, pushEvent } from '../../sandbox/runner/event.ts'
import { countRuns, deploymentIds, watch } from '../../sandbox/scenario.ts'
import { account, cluster, environment, repository, roleArn } from '../../sandbox/scene.ts'
import { policyTargets } from '../../sandbox/seed-aws.ts'
import { edit } from '../../sandbox/workspace.ts'

jest.setTimeout(300_000)

/** The deploy role, for every service. */
const ROLLER = 'flows-roller'

/** Requests that store a record beside an image: an upload begun, its part, its end, and the manifest. */
const RECORD = 4

type Deployment = {
  readonly updated: string
  readonly paused: boolean
  readonly description: string
  readonly job_variables: Readonly<Record<string, unknown>>
  readonly schedules: readonly { readonly id: string; readonly slug: string; readonly active: boolean }[]
}

let sandbox: Sandbox
let workspace: string
let first: StepResult
let ids: ReadonlyMap<string, string>

const live = async (name: string) => (await sandbox.prefectRequest('GET', `/deployments/${ids.get(name) ?? ''}`)) as Deployment
const release = (inputs: Record<string, string> = {}) => watch(sandbox, () => sandbox.run({ workspace, event: pushEvent(), inputs }))

/** The state that these tests start from: the sample released whole, on a service that does not concern it. */
beforeAll(async () => {
  sandbox = connectSandbox()
  await sandbox.reset()
  workspace = await sandbox.checkOut()
  first = await sandbox.run({ workspace, event: pushEvent() })
  ids = deploymentIds(first)
})

describe('a plan on a pull request', () => {
  it('changes nothing: the simulator saw no write and no deployment has another "updated"', async () => {
    const updated = () => Promise.all([...ids.keys()].map(async (name) => (await live(name)).updated))
    const before = await updated()
    const changed = await sandbox.checkOut()
    edit(changed, 'prefect.yaml', '30 6 * * 1-5', '45 6 * * 1-5')
    edit(changed, 'flows/orders.py', '\n\n\n', '\n\n\nREVISION = "planned"\n\n\n')

    const { step, seen } = await watch(sandbox, () => sandbox.run({ workspace: changed, event: pullRequestEvent({ number: 7 }) }))

    expect(seen).toMatchObject({ writes: 0, builds: 1, containers: 1 })
    expect(step.outputs).toMatchObject({ changed: 'true', updated: String(ids.size), 'image-built': 'false' })
    expect(await updated()).toEqual(before)
  })
})

describe('the redeploy', () => {
  it.each(['tag', 'digest', 'full reference'])('deploys an existing image by its %s, without a build', async (form) => {
    const { image = '', 'image-digest': digest = '', 'image-tag': tag = '' } = first.outputs
    const given = { tag, digest, 'full reference': image }[form] ?? ''

    const { step, seen } = await watch(sandbox, () => sandbox.run({ workspace, event: dispatchEvent(), inputs: { image: given } }))

    expect(seen.builds).toBe(0)
    expect(step.outputs).toMatchObject({ image, 'image-digest': digest, 'image-built': 'false' })
  })
})

describe('a release of a changed deployment', () => {
  it('writes the one deployment that differs, and only what differs, and schedules its runs again', async () => {
    edit(workspace, 'prefect.yaml', "Today's orders, every hour.", 'Orders of the last hour.')

    const { step, seen } = await release()

    expect(step.outputs).toMatchObject({ created: '0', updated: '1', unchanged: String(ids.size - 1) })
    const writes = (await sandbox.prefect.journal()).filter(isPrefectWrite).map(({ method, path, body }) => ({ method, path: path.replace(/^.*\/deployments/, ''), body }))
    expect(writes).toMatchObject([
      { method: 'PATCH', path: `/${ids.get('orders-hourly') ?? ''}`, body: { description: 'Orders of the last hour.' } },
      { method: 'POST', path: `/${ids.get('orders-hourly') ?? ''}/schedule` },
    ])
    expect(Object.keys(writes[0]?.body as object)).toEqual(['description', 'version'])
    expect(seen).toMatchObject({ writes: 2 + RECORD, builds: 0, containers: 0 })
    expect(await countRuns(sandbox, ids.get('orders-hourly') ?? '')).toBeGreaterThan(0)
  })

  it('keeps what was paused in the UI, and never schedules it', async () => {
    const id = ids.get('retention') ?? ''
    await sandbox.prefectRequest('POST', `/deployments/${id}/pause_deployment`)
    edit(workspace, 'prefect.yaml', 'stores: [orders, customers]', 'stores: [orders]')

    await release()

    expect(await live('retention')).toMatchObject({ paused: true })
    expect(await countRuns(sandbox, id)).toBe(0)
  })

  it('moves a schedule in place, and removes one that the file no longer has', async () => {
    const before = (await live('report-monthly')).schedules
    edit(workspace, 'prefect.yaml', '0 8 1 * *', '0 9 1 * *')
    edit(workspace, 'prefect.yaml', `      - cron: "0 8 15 * *"
        timezone: Europe/Berlin
        slug: mid-month
        active: false
        parameters:
          period: week
`, '')

    await release()

    const after = (await live('report-monthly')).schedules
    expect(before).toHaveLength(2)
    expect(after).toMatchObject([{ id: before.find(({ slug }) => slug === 'first-of-month')?.id, slug: 'first-of-month', schedule: { cron: '0 9 1 * *' } }])
  })

  it('is put back whole when the server refuses a later write', async () => {
    const before = await Promise.all(['report-daily', 'report-weekly'].map(live))
    edit(workspace, 'prefect.yaml', 'tags: [report]', 'tags: [report, board]')
    await sandbox.prefect.clearFaults()
    await sandbox.prefect.fault({ method: 'PATCH', path: ids.get('report-weekly') ?? '', status: 500, times: 1 })

    const step = await sandbox.run({ workspace, event: pushEvent() })

    await sandbox.prefect.clearFaults()
    edit(workspace, 'prefect.yaml', 'tags: [report, board]', 'tags: [report]')
    const after = await Promise.all(['report-daily', 'report-weekly'].map(live))
    const content = (deployments: readonly Deployment[]) => deployments.map((each) => ({ ...each, updated: '' }))
    expect(step.annotations.filter(({ level }) => level === 'error')).toMatchObject([{ message: expect.stringContaining('[prefect-request-failed]') }])
    expect(step.summary).toContain('Failed')
    expect(content(after)).toEqual(content(before))
  })
})

describe('the worker service', () => {
  const runs = async (service: string) => (await sandbox.aws.state()).services.find(({ serviceName }) => serviceName === service)?.taskDefinition
  const inputs = (service: string) => ({ service, 'role-to-assume': roleArn(ROLLER) })

  beforeAll(async () => {
    const trust = trustPolicy(account.id, repository, [`environment:${environment}`])
    await sandbox.aws.createRole({ name: ROLLER, trustPolicy: trust, policy: deployPolicy({ ...policyTargets, service: '*', families: ['*'] }) })
  })

  it('is rolled to the registered revision when it runs the family of the task definition', async () => {
    await sandbox.aws.createService({ cluster, name: 'flow-worker', taskDefinition: 'flows', desiredCount: 1, launchType: 'EC2' })
    edit(workspace, 'task-definition.json', '"INFO"', '"DEBUG"')

    const { step } = await release(inputs('flow-worker'))

    expect(step.outputs['service-status']).toBe('rolled')
    expect(await runs('flow-worker')).toBe(step.outputs['task-definition-arn'])
  })

  it('gets the image into a container of its own family, when that is named', async () => {
    await sandbox.aws.registerTaskDefinition({
      family: 'own-worker', networkMode: 'host', requiresCompatibilities: ['EC2'],
      containerDefinitions: [{ name: 'worker', image: 'flows:old', essential: true, memory: 256 }, { name: 'proxy', image: 'proxy:1', memory: 64 }],
    })
    await sandbox.aws.createService({ cluster, name: 'own-worker', taskDefinition: 'own-worker', desiredCount: 1, launchType: 'EC2' })

    const { step } = await release({ ...inputs('own-worker'), 'role-to-assume': roleArn(ROLLER), 'service-container-name': 'worker' })

    expect(await runs('own-worker')).toMatch(/own-worker:2$/)
    const revision = (await sandbox.aws.state()).taskDefinitions.find(({ family, revision: number }) => family === 'own-worker' && number === 2)
    expect(revision?.containerDefinitions).toMatchObject([{ name: 'worker', image: step.outputs.image }, { name: 'proxy', image: 'proxy:1' }])
  })

  it('is put back, with the deployments untouched, when its new tasks cannot start', async () => {
    await sandbox.aws.createService({
      cluster, name: 'crashing-worker', taskDefinition: 'flows', desiredCount: 1, launchType: 'EC2', circuitBreaker: { enable: true, rollback: true },
    })
    await sandbox.aws.fate('crashing-worker', 'crash')
    const [before, deployment] = [await runs('crashing-worker'), await live('orders-backfill')]
    await sandbox.aws.clock({ speed: 20 })
    edit(workspace, 'task-definition.json', '"DEBUG"', '"WARNING"')

    const step = await sandbox.run({ workspace, event: pushEvent(), inputs: inputs('crashing-worker') })

    await sandbox.aws.clock({ speed: 1 })
    edit(workspace, 'task-definition.json', '"WARNING"', '"DEBUG"')
    expect(step.annotations.filter(({ level }) => level === 'error')).toMatchObject([{ message: expect.stringMatching(/\[rollout-failed\].*exit/i) }])
    expect(await runs('crashing-worker')).toBe(before)
    expect((await live('orders-backfill')).updated).toBe(deployment.updated)
  })
})
