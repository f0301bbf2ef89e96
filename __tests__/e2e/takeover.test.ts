import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { connectSandbox } from '../../sandbox/connect.ts'
import type { Sandbox } from '../../sandbox/connect.ts'
import { startPrefectCli } from '../../sandbox/parity/prefect-cli.ts'
import type { PrefectCli } from '../../sandbox/parity/prefect-cli.ts'
import { root } from '../../sandbox/paths.ts'
import { isPrefectWrite } from '../../sandbox/prefect-recorder.ts'
import type { StepResult } from '../../sandbox/runner.ts'
import { pushEvent } from '../../sandbox/runner/event.ts'
import { readWorkspaceState } from '../../sandbox/workspace-state.ts'
import type { Row, WorkspaceState } from '../../sandbox/workspace-state.ts'
import { edit } from '../../sandbox/workspace.ts'
import type { ReleasePlan } from '../../src/release-plan.ts'

jest.setTimeout(300_000)

const HALTED = '30 2 * * *'

let sandbox: Sandbox
let cli: PrefectCli
let workspace: string
/** As somebody has left it in the user interface. */
let before: WorkspaceState
let planned: StepResult
let released: StepResult
let after: WorkspaceState

const request = (method: string, path: string, body?: unknown) => sandbox.prefectRequest(method, path, body)
const deployment = (state: WorkspaceState, wanted: string) => {
  const row = state.deployments.find(({ name }) => name === wanted)
  if (row === undefined) throw new Error(`There is no deployment ${wanted}`)
  return row
}
const schedulesOf = (row: Row) => (row.schedules as readonly (Row & { readonly slug: string | null; readonly active: boolean; readonly schedule: { readonly cron?: string } })[])
  .toSorted((left, right) => left.id.localeCompare(right.id))
const runsOf = (state: WorkspaceState, name: string) => state.flowRuns
  .filter((run) => run.deployment_id === deployment(state, name).id)
  .map((run) => String(run.expected_start_time)).toSorted()

/** Deployed by the real command line; then edited by hand; then planned and released by the action. */
beforeAll(async () => {
  sandbox = connectSandbox()
  await sandbox.reset()
  workspace = await sandbox.checkOut()
  copyFileSync(join(root, '__fixtures__/atomicity/takeover.yaml'), join(workspace, 'prefect.yaml'))
  cli = startPrefectCli({ apiUrl: sandbox.endpoints.prefect.directUrl, folder: sandbox.endpoints.folder })
  const { exitCode, output } = await cli.run({ directory: workspace, arguments: ['--no-prompt', 'deploy', '--all'], environment: {} })
  if (exitCode !== 0) throw new Error(`prefect deploy failed:\n${output}`)
  await editByHand(await readWorkspaceState(request))
  before = await readWorkspaceState(request)
  edit(workspace, 'prefect.yaml', 'timezone: Europe/Berlin\n', 'timezone: Europe/Berlin\n        slug: nightly\n')
  planned = await sandbox.run({ workspace, event: (await sandbox.openPullRequest(workspace)).event() })
  released = await sandbox.run({ workspace, event: pushEvent() })
  after = await readWorkspaceState(request)
})

afterAll(() => cli.stop())

async function editByHand(state: WorkspaceState): Promise<void> {
  const path = (name: string) => `/deployments/${deployment(state, name).id}`
  await request('PATCH', path('nightly'), { parameters: { period: 'month', currency: 'EUR' }, description: 'Ask Ada first.', tags: ['report', 'by hand'] })
  await request('PATCH', path('triggered'), { parameters: { keep_days: 7 } })
  for (const { id, schedule } of schedulesOf(deployment(state, 'nightly'))) {
    if (schedule.cron === undefined) await request('PATCH', `${path('nightly')}/schedules/${id}`, { active: false })
  }
  await request('POST', `${path('halted')}/pause_deployment`)
  const { id } = (await request('POST', '/v2/concurrency_limits/', { name: 'database', limit: 1 })) as { id: string }
  await request('PATCH', path('halted'), { global_concurrency_limit_id: id })
  await request('PATCH', path('limited'), { global_concurrency_limit_id: id })
  for (const name of ['nightly', 'limited']) await request('POST', `${path(name)}/schedule`, {})
}

describe('the plan on a pull request', () => {
  const plan = () => JSON.parse(readFileSync(planned.outputs.plan ?? '', 'utf8')) as ReleasePlan

  it('says which deployments somebody else has made', () => {
    expect(planned.conclusion).toBe('success')
    expect(plan().deployments.map(({ name, action, takeover }) => [name.split('/')[1], action, takeover])).toEqual(
      ['nightly', 'halted', 'limited', 'triggered'].map((name) => [name, 'update', true]),
    )
    expect(plan().impact).toMatchObject({ takeovers: 4 })
  })

  it('lists every value set in the user interface that the release would overwrite, before it does', () => {
    const changes = (name: string) => plan().deployments.find((each) => each.name.endsWith(`/${name}`))?.changes
    expect(changes('nightly')).toEqual(expect.arrayContaining([
      expect.objectContaining({ path: 'parameters.period', before: 'month', after: 'day' }),
      expect.objectContaining({ path: 'description', before: 'Ask Ada first.', after: 'Every night.' }),
      expect.objectContaining({ path: 'tags', before: ['report', 'by hand'], after: ['report'] }),
    ]))
    expect(changes('triggered')).toEqual(expect.arrayContaining([expect.objectContaining({ path: 'parameters.keep_days', before: 7 })]))
    for (const value of ['month', 'Ask Ada first.', 'by hand']) expect(planned.summary).toContain(value)
  })

  it('leaves a limit that others share, and says so', () => {
    expect(plan().warnings).toEqual(expect.arrayContaining([expect.objectContaining({ code: 'limit-shared' })]))
  })

  it('lists no change of what the release keeps: a pause, a paused schedule, an automation', () => {
    const paths = plan().deployments.flatMap(({ changes }) => changes.map(({ path }) => path))
    expect(paths.filter((path) => path === 'paused' || path.endsWith('.active') || path === 'concurrency_limit')).toEqual([])
  })
})

describe('the release', () => {
  it('doubles nothing: the deployments, schedules, automations and limits are those that were there', () => {
    expect(released.conclusion).toBe('success')
    const ids = (rows: readonly Row[]) => rows.map(({ id }) => id).toSorted()
    const kinds = ['deployments', 'automations', 'flows', 'workQueues', 'concurrencyLimits'] as const
    expect(kinds.map((kind) => ids(after[kind]))).toEqual(kinds.map((kind) => ids(before[kind])))
    expect(after.deployments.map((row) => schedulesOf(row).map(({ id }) => id))).toEqual(before.deployments.map((row) => schedulesOf(row).map(({ id }) => id)))
  })

  it('adopts schedules without slug in place, each as paused or active as it was', () => {
    const seen = (state: WorkspaceState) => schedulesOf(deployment(state, 'nightly')).map(({ id, active }) => ({ id, active }))
    expect(seen(after)).toEqual(seen(before))
    expect(seen(after).filter(({ active }) => !active)).toHaveLength(1)
    expect(schedulesOf(deployment(after, 'nightly')).filter(({ slug }) => slug === 'nightly')).toHaveLength(1)
  })

  it('keeps what was paused, without a run, and the runs of all others at the same instants', () => {
    expect(deployment(after, 'halted')).toMatchObject({ paused: true })
    expect(schedulesOf(deployment(after, 'halted'))).toMatchObject([{ schedule: { cron: HALTED } }])
    for (const name of ['nightly', 'halted', 'limited']) expect(runsOf(after, name)).toEqual(runsOf(before, name))
    expect([runsOf(after, 'halted').length, runsOf(after, 'nightly').length > 0]).toEqual([0, true])
  })

  it('makes the deployments what the file says, and leaves the shared limit as it is', () => {
    expect(deployment(after, 'nightly')).toMatchObject({ description: 'Every night.', tags: ['report'], parameters: { period: 'day', currency: 'EUR' } })
    expect(deployment(after, 'triggered').parameters).toEqual({})
    const shared = after.concurrencyLimits.find(({ name }) => name === 'database')
    expect(['halted', 'limited'].map((name) => deployment(after, name).global_concurrency_limit)).toMatchObject([{ id: shared?.id, limit: 1 }, { id: shared?.id, limit: 1 }])
  })

  it('is the only one: a second writes nothing', async () => {
    await sandbox.prefect.clearJournal()
    const second = await sandbox.run({ workspace, event: pushEvent() })
    expect(second.outputs).toMatchObject({ changed: 'false', unchanged: '4' })
    expect((await sandbox.prefect.journal()).filter(isPrefectWrite)).toEqual([])
  })
})
