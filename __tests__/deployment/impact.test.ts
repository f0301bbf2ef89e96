import { describe, expect, it } from '@jest/globals'
import { aLiveDeployment, aLiveSchedule, desired, IMAGE } from '../../__fixtures__/prefect-files/deployments.ts'
import { estimateImpact, touchedDeployments } from '../../src/deployment/impact.ts'
import { planDeployment } from '../../src/deployment/plan.ts'
import type { DeploymentPlan } from '../../src/deployment/plan.ts'
import type { JsonObject } from '../../src/planned.ts'
import type { WaitingRun } from '../../src/prefect-ports.ts'

const NOW = new Date('2026-11-24T10:00:00Z')
const at = (minutes: number) => new Date(NOW.getTime() + minutes * 60_000)

function plan(fields: JsonObject = {}, id = 'd1'): DeploymentPlan {
  return planDeployment(desired(), aLiveDeployment({ id, schedules: [aLiveSchedule()], fields }), { image: IMAGE })
}
const RESCHEDULED = plan() // its schedule goes
const NEW_CODE = plan({ job_variables: { image: 'old@sha256:1' } }, 'd2')
const UNCHANGED = planDeployment(desired(), aLiveDeployment({ id: 'd3' }), { image: IMAGE })
const CREATED = planDeployment(desired(), undefined, { image: IMAGE })

let runs = 0
const run = (overrides: Partial<WaitingRun> = {}): WaitingRun =>
  ({ id: `r${++runs}`, name: 'swift-fox', deploymentId: 'd1', state: 'SCHEDULED', due: at(30), autoScheduled: true, ...overrides })

function impact(earliest: readonly WaitingRun[], total = earliest.length, plans = [RESCHEDULED, NEW_CODE, UNCHANGED, CREATED]) {
  return estimateImpact({ plans, waiting: { earliest, total }, now: NOW })
}

describe('the impact of a release', () => {
  it('is asked about deployments that are updated, and no others', () => {
    expect(touchedDeployments([RESCHEDULED, NEW_CODE, UNCHANGED, CREATED])).toEqual(['d1', 'd2'])
    expect(touchedDeployments([UNCHANGED, CREATED])).toEqual([])
  })

  it('is nothing for a deployment of which only the automations change', () => {
    const triggered = planDeployment(desired('triggers: [{expect: [a]}]'), aLiveDeployment({ id: 'd4' }), { image: IMAGE })
    expect(triggered.action).toBe('update')
    expect(touchedDeployments([triggered])).toEqual([])
    expect(impact([run({ deploymentId: 'd4' })], 1, [triggered])).toMatchObject({ scheduledRuns: 0 })
  })

  it('counts the runs to come that schedules made, and the late ones whoever made them', () => {
    const waiting = [
      run({ due: at(-5) }), run({ due: NOW, autoScheduled: false }), run(), run({ deploymentId: 'd2' }), run({ autoScheduled: false }),
      run({ deploymentId: 'd3' }),
    ]
    expect(impact(waiting)).toMatchObject({ scheduledRuns: 2, lateRuns: 2, pendingRuns: [], isLowerBound: false })
  })

  it('names pending runs of deployments that get other code or another image', () => {
    const pending = [run({ state: 'PENDING', due: at(-1) }), run({ id: 'r-new', state: 'PENDING', due: at(0), deploymentId: 'd2' })]
    expect(impact(pending)).toMatchObject({
      scheduledRuns: 0, lateRuns: 0, pendingRuns: [{ id: 'r-new', name: 'swift-fox', deployment: 'etl/nightly' }],
    })
  })

  it.each<[string, JsonObject, number]>([
    ['another entrypoint', { entrypoint: 'old.py:etl' }, 1],
    ['other pull steps', { pull_steps: [] }, 1],
    ['another image', { job_variables: { image: 'old' } }, 1],
    ['other job variables', { job_variables: { image: IMAGE, cpu: 1 } }, 0],
    ['other parameters', { parameters: { limit: 1 } }, 0],
  ])('with %s', (_, fields, pending) => {
    expect(impact([run({ state: 'PENDING' })], 1, [plan(fields)]).pendingRuns).toHaveLength(pending)
  })

  it('counts all runs to come when the due ones were all seen', () => {
    expect(impact([run({ due: at(-5) }), run()], 431)).toMatchObject({ scheduledRuns: 430, lateRuns: 1, isLowerBound: false })
  })

  it('says that it is a lower bound when more runs are due than were seen', () => {
    expect(impact([run({ due: at(-5) }), run({ due: at(-4) })], 431)).toMatchObject({ scheduledRuns: 0, lateRuns: 2, isLowerBound: true })
  })

  it('counts takeovers and fields that were set elsewhere', () => {
    const outside: DeploymentPlan = { ...RESCHEDULED, changes: RESCHEDULED.changes.map((change) => ({ ...change, isOutside: true })) }
    const takeover = plan({ job_variables: { image: 'repo:latest' } }, 'd4')
    expect(impact([], 0, [outside, takeover, NEW_CODE])).toMatchObject({ overwrittenFields: 1, takeovers: 1 })
  })
})
