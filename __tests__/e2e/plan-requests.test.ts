import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { stringify } from 'yaml'
import { connectSandbox } from '../../sandbox/connect.ts'
import type { Sandbox } from '../../sandbox/connect.ts'
import type { StepResult } from '../../sandbox/runner.ts'
import { pushEvent } from '../../sandbox/runner/event.ts'
import { edit } from '../../sandbox/workspace.ts'
import type { ReleasePlan } from '../../src/release-plan.ts'

jest.setTimeout(300_000)

const DEPLOYMENTS = 200
const FLOWS = ['flows/orders.py:import_orders', 'flows/report.py:report', 'flows/retention.py:retention'] as const
const VARIABLE = 'team_of_many'
/** What a block or a variable costs comes on top, once for each. */
const LOOK_UP = /\/(variables|block_)/
/** Asked once for each connection. */
const VERSION = '/admin/version'

describe(`a plan of ${DEPLOYMENTS} deployments with an unchanged image`, () => {
  let sandbox: Sandbox
  let plan: StepResult
  let prefect: readonly string[]
  let aws: readonly string[]

  beforeAll(async () => {
    sandbox = connectSandbox()
    await sandbox.reset()
    await sandbox.prefectRequest('POST', '/variables/', { name: VARIABLE, value: 'data' })
    const workspace = await sandbox.checkOut()
    writeFileSync(join(workspace, 'prefect.yaml'), manyDeployments())
    const released = await sandbox.run({ workspace, event: pushEvent() })
    if (released.outputs.created !== String(DEPLOYMENTS)) throw new Error(`The release failed:\n${released.log}`)
    edit(workspace, 'prefect.yaml', 'Every morning.', 'Each morning.')
    edit(workspace, 'prefect.yaml', '15 3 * * *', '45 3 * * *')
    const pullRequest = await sandbox.openPullRequest(workspace)
    await Promise.all([sandbox.aws.clearJournal(), sandbox.prefect.clearJournal()])
    plan = await sandbox.run({ workspace, event: pullRequest.event() })
    prefect = (await sandbox.prefect.journal()).map(({ method, path }) => `${method} ${path}`)
    aws = (await sandbox.aws.journal()).map(({ service, operation }) => `${service}:${operation}`)
  })

  afterAll(async () => {
    await sandbox.prefectRequest('DELETE', `/variables/name/${VARIABLE}`)
    await sandbox.reset() // what is on the server but not in a file is part of other tests' plans
  })

  it('sees that all of them change', () => {
    expect(plan.conclusion).toBe('success')
    expect(plan.outputs).toMatchObject({ updated: String(DEPLOYMENTS), changed: 'true' })
  })

  it('needs no build and no container', () => {
    expect(plan.children.filter(({ argv }) => argv.some((word) => ['build', 'run', 'pull'].includes(word)))).toEqual([])
  })

  it('asks Prefect at most six times, besides its version and once for a variable', () => {
    expect(prefect.filter((request) => LOOK_UP.test(request))).toHaveLength(1)
    expect(prefect.filter((request) => !LOOK_UP.test(request) && !request.endsWith(VERSION)).length).toBeLessThanOrEqual(6)
  })

  it('asks AWS at most eight times', () => {
    expect(aws.length).toBeGreaterThan(0)
    expect(aws.length).toBeLessThanOrEqual(8)
  })

  it('tells how many scheduled runs would be made again: all that the server has', async () => {
    const { impact } = JSON.parse(readFileSync(plan.outputs.plan ?? '', 'utf8')) as ReleasePlan
    const scheduled = await sandbox.prefectRequest('POST', '/flow_runs/count', { flow_runs: { state: { type: { any_: ['SCHEDULED'] } } } })

    expect(scheduled).toBeGreaterThan(DEPLOYMENTS / 5)
    expect(impact).toMatchObject({ scheduledRuns: scheduled, lowerBound: false })
  })
})

/** Every fifth has a schedule, so that there are scheduled runs to look at. */
function manyDeployments(): string {
  const deployments = Array.from({ length: DEPLOYMENTS }, (_, index) => ({
    name: `job-${String(index).padStart(3, '0')}`,
    entrypoint: FLOWS[index % FLOWS.length],
    description: 'Every morning.',
    ...(index % 3 === 0 && { parameters: { shops: ['berlin'] } }),
    ...(index % 5 === 0 && { schedules: [{ cron: '15 3 * * *', timezone: 'UTC', slug: 'nightly' }] }),
    tags: ['many', `{{ prefect.variables.${VARIABLE} }}`],
    work_pool: { name: 'ecs', work_queue_name: 'scheduled' },
  }))
  return stringify({ pull: [{ 'prefect.deployments.steps.set_working_directory': { directory: '/opt/flows' } }], deployments })
}
