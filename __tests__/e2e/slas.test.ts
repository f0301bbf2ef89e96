import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { startCloudProxy } from '../../sandbox/cloud-proxy.ts'
import type { CloudWorkspace } from '../../sandbox/cloud-proxy.ts'
import { connectSandbox } from '../../sandbox/connect.ts'
import type { Sandbox } from '../../sandbox/connect.ts'
import type { StepResult } from '../../sandbox/runner.ts'
import { pushEvent } from '../../sandbox/runner/event.ts'
import { deploymentIds } from '../../sandbox/scenario.ts'
import { edit } from '../../sandbox/workspace.ts'

jest.setTimeout(300_000)

const TAGS = '    tags: [orders, backfill]\n'
const slas = (seconds: number) => `    sla: [{name: in time, duration: ${seconds}, severity: high}]\n`
const TOLD = /service level agreements are applied in each release.*orders-backfill/i

let sandbox: Sandbox
let cloud: CloudWorkspace
let workspace: string
let first: StepResult

async function release(overrides: Readonly<Record<string, string>> = {}): Promise<StepResult> {
  const inputs = { 'prefect-api-url': cloud.apiUrl, 'prefect-api-key': cloud.apiKey, 'prefect-api-auth-string': '', ...overrides }
  return sandbox.run({ workspace, event: pushEvent(), inputs, secrets: [cloud.apiKey] })
}

const agreements = () => cloud.slas.of(deploymentIds(first).get('orders-backfill') ?? '')

beforeAll(async () => {
  sandbox = connectSandbox()
  await sandbox.reset()
  cloud = await startCloudProxy(sandbox.endpoints.prefect)
  workspace = await sandbox.checkOut()
  edit(workspace, 'prefect.yaml', TAGS, `${TAGS}${slas(600)}`)
  first = await release()
})

afterAll(() => cloud.stop())

describe('service level agreements in a workspace of the shape of Prefect Cloud', () => {
  it('are applied when their deployment is created, and no other deployment gets any', () => {
    expect(first.conclusion).toBe('success')
    expect(agreements()).toMatchObject([{ name: 'in time', duration: 600, severity: 'high' }])
    expect([...deploymentIds(first)].filter(([, id]) => cloud.slas.of(id).length > 0).map(([name]) => name)).toEqual(['orders-backfill'])
  })

  it('are said to be applied in each release, in the log and in the summary', () => {
    expect(first.log).toMatch(TOLD)
    expect(first.summary).toMatch(TOLD)
  })

  it('are applied when nothing else has changed, which the report says while the deployment counts as unchanged', async () => {
    edit(workspace, 'prefect.yaml', slas(600), slas(900))

    const step = await release()

    expect(step.outputs).toMatchObject({ created: '0', updated: '0', changed: 'false' })
    expect(agreements()).toMatchObject([{ name: 'in time', duration: 900 }])
    expect(step.summary).toMatch(TOLD)
  })

  it('are not applied by a plan', async () => {
    edit(workspace, 'prefect.yaml', slas(900), slas(1200))

    const step = await release({ 'dry-run': 'true' })

    expect(step.summary).toMatch(TOLD)
    expect(agreements()).toMatchObject([{ duration: 900 }])
  })

  it('are removed by an empty list, and left alone without the key', async () => {
    edit(workspace, 'prefect.yaml', slas(1200), '    sla: []\n')
    await release()
    expect(agreements()).toEqual([])

    edit(workspace, 'prefect.yaml', '    sla: []\n', '')
    const step = await release()
    expect(step.summary).not.toMatch(TOLD)
  })
})

it('are an error at their line on a self-hosted server, before anything is written', async () => {
  edit(workspace, 'prefect.yaml', TAGS, `${TAGS}${slas(600)}`)
  await sandbox.prefect.clearJournal()

  const step = await sandbox.run({ workspace, event: pushEvent() })

  expect(step.annotations.filter(({ level }) => level === 'error')).toMatchObject([{ message: expect.stringContaining('only Prefect Cloud') }])
})
