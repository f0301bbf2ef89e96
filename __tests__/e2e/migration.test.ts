import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { AGENT_POOL, deployTheOldWay, PROJECT, removeBlocks, useTheUi } from '../../__fixtures__/template/old-server.ts'
import { runWorkflow } from '../../sandbox/act.ts'
import { run } from '../../sandbox/command.ts'
import { connectSandbox } from '../../sandbox/connect.ts'
import type { Sandbox } from '../../sandbox/connect.ts'
import { arnOf, createExampleRoles } from '../../sandbox/examples/account.ts'
import { root, venv } from '../../sandbox/paths.ts'
import { isPrefectWrite } from '../../sandbox/prefect-recorder.ts'
import type { StepResult } from '../../sandbox/runner.ts'
import { pushEvent } from '../../sandbox/runner/event.ts'
import { roleArn, roles } from '../../sandbox/scene.ts'
import { readWorkspaceState } from '../../sandbox/workspace-state.ts'
import type { Row, WorkspaceState } from '../../sandbox/workspace-state.ts'
import { createWorkspace, edit } from '../../sandbox/workspace.ts'
import type { ReleasePlan } from '../../src/release-plan.ts'

jest.setTimeout(600_000)

const AFTER = join(root, '__fixtures__/template/after')
const FLOWS = ['healthcheck', 'exchange-rates', 'Stock Levels'] as const
/** What the page has people type that needs the server: the look at the start, and the way back. */
const [LOOK = '', GO_BACK = ''] = [...readFileSync(join(root, 'docs/migration.md'), 'utf8').matchAll(/^```sh\n([\s\S]*?)^```$/gm)]
  .map(([, commands = '']) => commands).filter((commands) => commands.includes('deployments-before.json'))
const LEFT = { path: null, storage_document_id: null, infrastructure_document_id: null }

let sandbox: Sandbox
let workspace: string
/** As the old workflows and the people have left it. */
let before: WorkspaceState
let planned: StepResult
/** What the plan wrote, to Prefect and to AWS. */
let plannedWrites: readonly unknown[]
/** What the look at the start printed. */
let schedules: string
let released: StepResult
let after: WorkspaceState

const request = (method: string, path: string, body?: unknown) => sandbox.prefectRequest(method, path, body)
const plan = () => JSON.parse(readFileSync(planned.outputs.plan ?? '', 'utf8')) as ReleasePlan
const changesOf = (flow: string) => plan().deployments.find(({ name }) => name === `${flow}/${PROJECT}`)?.changes ?? []
const pathsOf = (flow: string) => changesOf(flow).map(({ path }) => path)

function deployment(state: WorkspaceState, flow: string, name = PROJECT): Row {
  const row = state.deployments.find((each) => each.flowName === flow && each.name === name)
  if (row === undefined) throw new Error(`There is no deployment ${flow}/${name}`)
  return row
}

type ScheduleRow = Row & { readonly slug: string | null; readonly active: boolean; readonly schedule: Readonly<Record<string, unknown>> }

const schedulesOf = (state: WorkspaceState, flow: string) =>
  (deployment(state, flow).schedules as readonly ScheduleRow[]).toSorted((left, right) => left.id.localeCompare(right.id))
const scheduledRuns = (state: WorkspaceState, flow: string) =>
  state.flowRuns.filter(({ deployment_id: id, auto_scheduled: auto }) => auto === true && id === deployment(state, flow).id)
const instants = (state: WorkspaceState, flow: string) => scheduledRuns(state, flow).map(({ expected_start_time: start }) => String(start)).toSorted()

/** Into a terminal with Prefect 3. */
function type(commands: string): Promise<string> {
  const { folder: home, prefect } = sandbox.endpoints
  return run(['bash', '-euo', 'pipefail', '-c', commands], {
    cwd: home, env: { PATH: `${join(venv, 'bin')}:${process.env.PATH ?? ''}`, HOME: home, PREFECT_HOME: home, DO_NOT_TRACK: '1', PREFECT_API_URL: prefect.directUrl },
  })
}

const clearJournals = () => Promise.all([sandbox.prefect.clearJournal(), sandbox.aws.clearJournal()])
const writes = async () => [...(await sandbox.prefect.journal()).filter(isPrefectWrite), ...(await sandbox.aws.journal()).filter(({ write }) => write)]

beforeAll(async () => {
  sandbox = connectSandbox()
  await sandbox.reset()
  await createExampleRoles(sandbox)
  workspace = await createWorkspace(sandbox.endpoints.folder, AFTER)
  await deployTheOldWay(request)
  await useTheUi(request)
  before = await readWorkspaceState(request)
  schedules = await type(LOOK)
  await clearJournals()
  planned = await sandbox.run({ workspace, event: (await sandbox.openPullRequest(workspace)).event() })
  plannedWrites = await writes()
  released = await sandbox.run({ workspace, event: pushEvent() })
  after = await readWorkspaceState(request)
})

afterAll(() => removeBlocks(request))

describe('the look at the start', () => {
  it('shows each schedule as the server has it, and what is paused', () => {
    const rows = schedules.trimEnd().split('\n').map((line) => line.split('\t'))
    const shown = rows.map(([entrypoint, name, isPaused, isActive, rule = '']) => [entrypoint, name, isPaused, isActive, Object.keys(JSON.parse(rule) as object)[0]])
    expect(shown.toSorted()).toEqual([
      ['flows/exchange_rates.py:exchange_rates', PROJECT, 'false', 'true', 'interval'],
      ['flows/healthcheck.py:healthcheck', PROJECT, 'true', 'true', 'interval'],
      ['flows/stock_levels.py:stock_levels', PROJECT, 'false', 'false', 'cron'],
      ['flows/stock_levels.py:stock_levels', PROJECT, 'false', 'true', 'cron'],
      ['utilities/maintenance.py:maintenance', PROJECT, 'false', 'true', 'interval'],
    ])
  })
})

describe('the first plan on a server that the old workflows have filled', () => {
  it('takes over each deployment under its old name, and creates none', () => {
    expect(planned.conclusion).toBe('success')
    expect(plan().deployments.map(({ name, action, takeover }) => [name, action, takeover])).toEqual(FLOWS.map((flow) => [`${flow}/${PROJECT}`, 'update', true]))
    expect(plan().impact).toMatchObject({ takeovers: 3 })
  })

  it('lists what the agent needed and a worker does not: queue, storage block, infrastructure block', () => {
    for (const flow of FLOWS) {
      expect(changesOf(flow)).toEqual(expect.arrayContaining([
        expect.objectContaining({ path: 'work_pool_name', before: AGENT_POOL, after: 'ecs' }),
        expect.objectContaining({ path: 'work_queue_name', before: PROJECT, after: 'default' }),
        expect.objectContaining({ path: 'storage_document_id', after: null }),
        expect.objectContaining({ path: 'infrastructure_document_id', after: null }),
      ]))
    }
  })

  it('lists every value set in the UI that the release would overwrite', () => {
    expect(changesOf('exchange-rates')).toEqual(expect.arrayContaining([
      expect.objectContaining({ path: 'parameters.base', before: 'USD', after: 'EUR' }),
      expect.objectContaining({ path: 'parameters.days', before: 3 }),
      expect.objectContaining({ path: 'description', before: 'Ask Ada before you change this.' }),
      expect.objectContaining({ path: 'tags', before: [PROJECT, 'finance'], after: [PROJECT] }),
    ]))
    for (const value of ['USD', 'Ask Ada', 'finance']) expect(planned.summary).toContain(value)
  })

  it('gives each schedule its slug and changes nothing else of it', () => {
    const rules = FLOWS.flatMap((flow) => pathsOf(flow).filter((path) => path.startsWith('schedules.')))
    expect(rules.toSorted()).toEqual(['every-minute', 'evening', 'office-hours', 'saturdays'].map((slug) => `schedules.${slug}.slug`).toSorted())
    expect(FLOWS.flatMap(pathsOf)).not.toContain('paused')
  })

  it('names the second deployment of each flow, which stays in the pool of the agents', () => {
    expect(plan().unlisted.map(({ name }) => name)).toEqual(FLOWS.map((flow) => `${flow}/${PROJECT}-local`).toSorted())
  })

  it('changes nothing', () => {
    expect(plannedWrites).toEqual([])
  })
})

describe('the takeover', () => {
  it('is done in place: deployments, flows and schedules are those that were there', () => {
    expect([released.conclusion, released.outputs.created, released.outputs.updated]).toEqual(['success', '0', '3'])
    const ids = (rows: readonly Row[]) => rows.map(({ id }) => id).toSorted()
    expect([ids(after.deployments), ids(after.flows)]).toEqual([ids(before.deployments), ids(before.flows)])
    for (const flow of FLOWS) expect(schedulesOf(after, flow).map(({ id }) => id)).toEqual(schedulesOf(before, flow).map(({ id }) => id))
  })

  it('keeps each rule with its anchor, and what is paused', () => {
    const kept = (state: WorkspaceState) => FLOWS.flatMap((flow) => schedulesOf(state, flow).map(({ active, schedule: { timezone, ...rule } }) => ({ active, rule, zone: timezone ?? 'UTC' })))
    expect(kept(after)).toEqual(kept(before))
    expect(kept(after).filter(({ active }) => !active)).toHaveLength(1)
    expect(deployment(after, 'healthcheck')).toMatchObject({ paused: true })
    expect(instants(after, 'healthcheck')).toEqual([])
  })

  it('loses no run and doubles none: the same instants are scheduled, in the new pool', () => {
    for (const flow of ['exchange-rates', 'Stock Levels'] as const) {
      expect(instants(before, flow).length).toBeGreaterThan(0)
      expect(instants(after, flow)).toEqual(instants(before, flow))
      expect(new Set(scheduledRuns(after, flow).map(({ work_pool_name: pool, work_queue_name: queue }) => `${String(pool)}/${String(queue)}`))).toEqual(new Set(['ecs/default']))
    }
  })

  it('leaves in the old queue what is not of a schedule, as only the agent may run it', () => {
    expect(after.flowRuns.filter(({ name }) => name === 'for-one-evening')).toMatchObject([{ work_pool_name: AGENT_POOL, work_queue_name: PROJECT }])
  })

  it('leaves nothing of where Prefect 2 had the code', () => {
    for (const flow of FLOWS) expect(deployment(after, flow)).toMatchObject({ ...LEFT, work_pool_name: 'ecs' })
  })

  it('touches neither the second deployments nor the maintenance flow', () => {
    const others = (state: WorkspaceState) => state.deployments.filter(({ flowName, name }) => flowName === 'maintenance' || name !== PROJECT)
    expect(others(after)).toEqual(others(before))
    expect(others(after)).toHaveLength(4)
  })

  it('is the only one: the converted workflow, run a second time, writes nothing', async () => {
    await clearJournals()
    const { cloud } = sandbox.endpoints
    const second = await runWorkflow(sandbox, {
      workflow: join(AFTER, '.github/workflows/prefect.yml'), event: 'push', workspace,
      vars: { AWS_PLAN_ROLE: roleArn(roles.plan), AWS_DEPLOY_ROLE: arnOf('main'), PREFECT_API_URL: cloud.apiUrl },
      secrets: { PREFECT_API_KEY: cloud.apiKey },
    })
    expect([second.exitCode, second.jobs.deploy?.conclusion, second.log]).toEqual([0, 'success', expect.stringContaining('unchanged')])
    expect(await writes()).toEqual([])
  })
})

describe('a storage block of Prefect 2, of a deployment without pull steps', () => {
  it('keeps a run from starting', async () => {
    const storage = deployment(before, 'healthcheck').storage_document_id
    useMachinesOfTheSandbox()
    edit(workspace, 'prefect.yaml', 'definitions:\n', 'pull: []\n\ndefinitions:\n')
    expect((await sandbox.run({ workspace, event: pushEvent() })).conclusion).toBe('success')
    await request('PATCH', `/deployments/${deployment(after, 'healthcheck').id}`, { storage_document_id: storage })
    expect(await runOnce()).not.toBe('COMPLETED')
  })

  it('is drift, which the next release takes away: then the flow runs, from the new image, by the worker', async () => {
    const mended = await sandbox.run({ workspace, event: pushEvent() })
    expect([mended.conclusion, mended.outputs.updated]).toEqual(['success', '1'])
    expect(await runOnce()).toBe('COMPLETED')
  })

  /** On Fargate in private subnets a task could not reach this machine. */
  function useMachinesOfTheSandbox(): void {
    edit(workspace, 'task-definition.json', '"FARGATE"', '"EC2"')
    edit(workspace, 'task-definition.json', '"awsvpc"', '"host"')
    const [, network = ''] = /( {6}vpc_id: [\s\S]*?)\ndeployments:/.exec(readFileSync(join(workspace, 'prefect.yaml'), 'utf8')) ?? []
    edit(workspace, 'prefect.yaml', network, '')
  }

  async function runOnce(): Promise<string> {
    const { id } = (await request('POST', `/deployments/${deployment(after, 'healthcheck').id}/create_flow_run`, {})) as Row
    await sandbox.runWorker()
    return sandbox.runEnded(id)
  }
})

describe('the way back', () => {
  it('makes the deployments what they were, and schedules their runs in the old queue again', async () => {
    await type(GO_BACK)

    const back = await readWorkspaceState(request)
    const managed = [
      'path', 'entrypoint', 'pull_steps', 'storage_document_id', 'infrastructure_document_id', 'work_pool_name', 'work_queue_name', 'job_variables',
      'parameters', 'parameter_openapi_schema', 'description', 'tags', 'version', 'paused',
    ]
    const kept = (state: WorkspaceState, flow: string) => Object.fromEntries(managed.map((field) => [field, deployment(state, flow)[field]]))
    for (const flow of FLOWS) expect(kept(back, flow)).toEqual(kept(before, flow))
    expect(scheduledRuns(back, 'Stock Levels').map(({ work_queue_name: queue }) => queue)).toContain(PROJECT)
    expect(instants(back, 'Stock Levels')).toEqual(instants(before, 'Stock Levels'))
    expect(instants(back, 'healthcheck')).toEqual([])
  })
})
