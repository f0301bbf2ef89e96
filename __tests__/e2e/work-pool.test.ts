import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { connectSandbox } from '../../sandbox/connect.ts'
import type { Sandbox } from '../../sandbox/connect.ts'
import { isPrefectWrite } from '../../sandbox/prefect-recorder.ts'
import type { StepResult } from '../../sandbox/runner.ts'
import { pullRequestEvent, pushEvent } from '../../sandbox/runner/event.ts'
import { deploymentIds, watch } from '../../sandbox/scenario.ts'
import { workPool } from '../../sandbox/scene.ts'
import { edit } from '../../sandbox/workspace.ts'

jest.setTimeout(300_000)

/** A pool that is not there at first; the deployments move to it. */
const POOL = 'flows-from-file'
const FILE = 'work-pool.json'

type Template = { readonly job_configuration: unknown; readonly variables: { readonly properties: Readonly<Record<string, { readonly default?: unknown }>> } }
type Pool = { readonly id: string; readonly description: string | null; readonly is_paused: boolean; readonly updated: string; readonly base_job_template: Template }
type Deployment = { readonly id: string; readonly flow_id: string; readonly updated: string; readonly work_pool_name: string; readonly job_variables: Readonly<Record<string, unknown>> }

let sandbox: Sandbox
let workspace: string
let created: StepResult
let ids: ReadonlyMap<string, string>

const pool = async () => (await sandbox.prefectRequest('GET', `/work_pools/${POOL}`)) as Pool
const live = () => Promise.all([...ids.values()].map(async (id) => (await sandbox.prefectRequest('GET', `/deployments/${id}`)) as Deployment))
const updated = async () => (await live()).map(({ id, updated: at }) => [id, at])
const scheduledRuns = async () => {
  const filter = { flow_runs: { state: { type: { any_: ['SCHEDULED'] } } }, sort: 'EXPECTED_START_TIME_DESC' }
  return ((await sandbox.prefectRequest('POST', '/flow_runs/filter', filter)) as readonly { readonly id: string }[]).map(({ id }) => id)
}
const defaultOf = async (variable: string) => (await pool()).base_job_template.variables.properties[variable]?.default

/** Writes a default of the pool's file, which is no part of the image. */
function setDefault(variable: string, value: unknown): void {
  const path = join(workspace, FILE)
  const fields = JSON.parse(readFileSync(path, 'utf8')) as Pool
  const { base_job_template: { variables: { properties } } } = fields
  writeFileSync(path, JSON.stringify({
    ...fields,
    base_job_template: {
      ...fields.base_job_template,
      variables: { ...fields.base_job_template.variables, properties: { ...properties, [variable]: { ...properties[variable], default: value } } },
    },
  }, null, 2))
}

async function release(inputs: Record<string, string>) {
  const { step, seen } = await watch(sandbox, () => sandbox.run({ workspace, event: pushEvent(), inputs: { 'work-pool-template': FILE, ...inputs } }))
  const writes = (await sandbox.prefect.journal()).filter(isPrefectWrite).map(({ method, path }) => `${method} ${path.replace(/^.*\/api/, '')}`)
  return { step, seen, writes }
}

beforeAll(async () => {
  sandbox = connectSandbox()
  await sandbox.reset()
  workspace = await sandbox.checkOut()
  const { base_job_template: template } = (await sandbox.prefectRequest('GET', `/work_pools/${workPool}`)) as Pool
  writeFileSync(join(workspace, FILE), JSON.stringify({ name: POOL, type: 'ecs', description: 'Made from a file.', base_job_template: template }, null, 2))
  edit(workspace, 'prefect.yaml', `name: ${workPool}\n`, `name: ${POOL}\n`)
  edit(workspace, 'prefect.yaml', ', "image-{{ build-image.tag }}"', '') // a tag of the image is a change of the deployment
})

afterAll(async () => {
  await sandbox.prefectRequest('DELETE', `/work_pools/${POOL}`)
})

describe('a work pool from a file', () => {
  it('is planned on a pull request, where nothing is written', async () => {
    const { step, seen } = await watch(sandbox, () =>
      sandbox.run({ workspace, event: pullRequestEvent({ number: 7 }), inputs: { 'work-pool-template': FILE } }))

    const plan = JSON.parse(readFileSync(step.outputs.plan ?? '', 'utf8')) as { readonly workPools: readonly { readonly name: string; readonly action: string }[] }
    expect(plan.workPools).toMatchObject([{ name: POOL, action: 'create', sharedWith: [] }])
    expect(seen.writes).toBe(0)
  })

  it('is created before the deployments that run in it', async () => {
    const { step, writes } = await release({})

    created = step
    ids = deploymentIds(created)
    expect(writes[0]).toBe('POST /work_pools/')
    expect(writes.filter((write) => write.includes('work_pools'))).toHaveLength(1)
    expect(await pool()).toMatchObject({ description: 'Made from a file.', is_paused: false })
    expect(new Set((await live()).map(({ work_pool_name: name }) => name))).toEqual(new Set([POOL]))
  })

  it('is not written again when nothing has changed', async () => {
    const { seen } = await release({})

    expect(seen).toMatchObject({ writes: 0, builds: 0, containers: 0 })
  })

  it('gets another default in one write, which leaves every deployment and every scheduled run as it is', async () => {
    const [before, runs] = [await updated(), await scheduledRuns()]
    setDefault('cpu', 512)

    const { seen, writes } = await release({})

    expect(writes).toEqual([`PATCH /work_pools/${POOL}`])
    expect(seen).toMatchObject({ builds: 0, containers: 0 })
    expect(await defaultOf('cpu')).toBe(512)
    expect(await updated()).toEqual(before)
    expect(await scheduledRuns()).toEqual(expect.arrayContaining(runs))
  })
})

describe('the image pinned in the pool', () => {
  it('takes the place of what the deployments had, once', async () => {
    const { step, writes } = await release({ pin: 'pool' })

    const arn = step.outputs['task-definition-arn']
    expect(writes[0]).toBe(`PATCH /work_pools/${POOL}`)
    expect(await defaultOf('task_definition_arn')).toBe(arn)
    expect((await live()).map(({ job_variables: variables }) => variables.task_definition_arn)).toEqual([...ids].map(() => undefined))
  })

  it('is one write for a new image, which leaves every deployment and every scheduled run as it is', async () => {
    const [before, runs, old] = [await updated(), await scheduledRuns(), await defaultOf('task_definition_arn')]
    edit(workspace, 'flows/report.py', '\n\n\n', '\n\n\nREVISION = "pool"\n\n\n')

    const { step, writes } = await release({ pin: 'pool' })

    expect(step.outputs).toMatchObject({ 'image-built': 'true', changed: 'true', updated: '0' })
    expect(writes).toEqual([`PATCH /work_pools/${POOL}`])
    expect(await defaultOf('task_definition_arn')).toBe(step.outputs['task-definition-arn'])
    expect(await defaultOf('task_definition_arn')).not.toBe(old)
    expect(await updated()).toEqual(before)
    expect(await scheduledRuns()).toEqual(expect.arrayContaining(runs))
  })

  it('needs no build and no look at the flows when nothing has changed', async () => {
    const { seen } = await release({ pin: 'pool' })

    expect(seen).toMatchObject({ writes: 0, builds: 0, containers: 0 })
  })

  it('is warned of when others have deployments in the pool, whom the plan names', async () => {
    const [first] = await live()
    await sandbox.prefectRequest('POST', '/deployments/', { name: 'of-others', flow_id: first?.flow_id, work_pool_name: POOL })
    setDefault('cpu', 256)

    const { step } = await release({ pin: 'pool' })

    expect(step.annotations.map(({ message }) => message)).toContainEqual(expect.stringMatching(/\[pool-shared\].*\/of-others/))
    expect(await defaultOf('cpu')).toBe(256)
  })
})

describe('a release that fails after the pool was written', () => {
  it('puts the pool back', async () => {
    const before = (await pool()).base_job_template
    setDefault('cpu', 1024)
    edit(workspace, 'prefect.yaml', 'tags: [report]', 'tags: [report, board]')
    await sandbox.prefect.fault({ method: 'PATCH', path: '/deployments/', status: 500, times: 1 })

    const step = await sandbox.run({ workspace, event: pushEvent(), inputs: { 'work-pool-template': FILE, pin: 'pool' } })

    await sandbox.prefect.clearFaults()
    expect(step.annotations.filter(({ level }) => level === 'error')).toMatchObject([{ message: expect.stringContaining('[prefect-request-failed]') }])
    expect(step.log).toContain(`put back work pool ${POOL}: base_job_template`)
    expect((await pool()).base_job_template).toEqual(before)
  })

  it('puts the pool back when the server had written it and answered with an error', async () => {
    const before = (await pool()).base_job_template
    setDefault('cpu', 2048)
    await sandbox.prefect.fault({ method: 'PATCH', path: '/work_pools/', status: 500, answerOnly: true, times: 1 })

    const step = await sandbox.run({ workspace, event: pushEvent(), inputs: { 'work-pool-template': FILE, pin: 'pool' } })

    await sandbox.prefect.clearFaults()
    expect(step.annotations.filter(({ level }) => level === 'error')).toMatchObject([{ message: expect.stringContaining(`Work pool ${POOL} could not be written`) }])
    expect(step.log).toContain(`put back work pool ${POOL}: base_job_template`)
    expect((await pool()).base_job_template).toEqual(before)
  })
})
