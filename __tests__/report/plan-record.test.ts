import { describe, expect, it } from '@jest/globals'
import { aPlannedDeployment, aReleasePlan, aReport } from '../../__fixtures__/plans.ts'
import { HOSTILE, hostile, manyDeployments } from '../../__fixtures__/report-situations.ts'
import { rendered } from '../../__fixtures__/rendered.ts'
import { formatRecord, readRecord, recordOf, withoutRecord } from '../../src/report/plan-record.ts'
import type { PlanRecord } from '../../src/report/plan-record.ts'
import type { Report } from '../../src/report/report.ts'

const schedule = { label: 'a', rule: '0 9 * * *', timezone: 'UTC', active: true, next: ['2026-11-25T09:00:00.000Z'] }
const updated = aPlannedDeployment({ action: 'update', changes: [{ path: 'tags', after: ['a'] }], schedules: [schedule] })
const report = aReport({ plan: aReleasePlan({ dryRun: true, deployments: [updated, aPlannedDeployment({ name: 'etl/weekly' })] }) })

describe('the record of a plan that leaves something out', () => {
  it('has no hash that a release would be held to', () => {
    expect(recordOf({ ...report, plan: { ...report.plan, omissions: [{ what: 'flows', reason: 'they were not built' }] } })).toMatchObject({ hash: '' })
  })
})

describe('the record of a comment', () => {
  it('says what a later run has to know', () => {
    expect(recordOf(report)).toEqual({
      name: 'default', commit: report.run.commit, hash: report.plan.hash, content: expect.stringMatching(/^[0-9a-f]{64}$/),
      state: 'planned', deployments: { 'etl/nightly': '0123456789abcdef' },
    })
  })

  it.each<[string, PlanRecord]>([
    ['of a usual plan', recordOf(report)],
    ['with hostile names', recordOf(hostile())],
    ['without deployments', recordOf(many(301))],
  ])('is read as it was written: %s', (_, record) => {
    expect(readRecord(`${formatRecord(record)}\n\nText`)).toEqual(record)
  })

  it('is not seen, and nothing in it ends it', () => {
    const { comments, prose } = rendered(formatRecord(recordOf(hostile())))

    expect(comments).toHaveLength(1)
    expect(prose.trim()).toBe('')
  })

  it('leaves out the deployments when they are too many, or their names too long', () => {
    expect(Object.keys(recordOf(many(300)).deployments ?? {})).toHaveLength(300)
    expect(recordOf(many(301)).deployments).toBeUndefined()
    expect(recordOf(withName('x'.repeat(16_000))).deployments).toBeUndefined()
  })

  it.each<[string, string]>([
    ['text before it', `Hi\n${formatRecord(recordOf(report))}`],
    ['a space before it', ` ${formatRecord(recordOf(report))}`],
    ['no JSON', '<!-- prefect-ecs-deploy {name} -->'],
    ['another comment', '<!-- something-else {"name":"default"} -->'],
    ['a list', '<!-- prefect-ecs-deploy [] -->'],
    ['nothing', ''],
    ['hostile text', HOSTILE],
  ])('is none with %s', (_, body) => {
    expect(readRecord(body)).toBeUndefined()
  })

  it.each<[string, unknown]>([
    ['name', 5], ['commit', 5], ['hash', 'abc'], ['content', ''], ['state', 'merged'],
    ['deployments', { a: 'b' }], ['deployments', ['0123456789abcdef']],
  ])('is none with a bad %s', (field, value) => {
    const fields = { ...recordOf(report), [field]: value }

    expect(readRecord(`<!-- prefect-ecs-deploy ${JSON.stringify(fields)} -->`)).toBeUndefined()
  })

  it('is taken away from the text', () => {
    expect(withoutRecord(`${formatRecord(recordOf(report))}\n\n## Text\n`)).toBe('## Text\n')
    expect(withoutRecord('## Text\n')).toBe('## Text\n')
  })
})

describe('the content of a comment', () => {
  it.each<[string, Partial<Report>]>([
    ['another time of day', { at: new Date(0) }],
    ['another run', { run: { ...report.run, runUrl: 'https://github.com/acme/flows/actions/runs/2' } }],
    ['other phases', { phases: [{ title: 'Plan', milliseconds: 1 }] }],
    ['other next runs', withSchedule({ ...schedule, next: [] })],
  ])('is the same with %s', (_, overrides) => {
    expect(recordOf({ ...report, ...overrides }).content).toBe(recordOf(report).content)
  })

  it.each<[string, Partial<Report>]>([
    ['another rule of a schedule', withSchedule({ ...schedule, rule: '0 8 * * *' })],
    ['another warning', { plan: { ...report.plan, warnings: [{ code: 'limit-shared', message: 'a', hint: 'b' }] } }],
    ['a newer commit', { newerCommit: 'def5678' }],
    ['a deviation', { deviations: ['the image would change otherwise'] }],
    ['a release', { plan: { ...report.plan, dryRun: false } }],
    ['a failure', { outcome: { ...report.outcome, failure: { message: 'x', advice: [] } } }],
  ])('is another with %s', (_, overrides) => {
    expect(recordOf({ ...report, ...overrides }).content).not.toBe(recordOf(report).content)
  })
})

function withSchedule(other: typeof schedule): Partial<Report> {
  const [, ...rest] = report.plan.deployments
  return { plan: { ...report.plan, deployments: [{ ...updated, schedules: [other] }, ...rest] } }
}

function many(count: number): Report {
  const changing = manyDeployments(count).map((each) => ({ ...each, action: 'update' as const, hash: '0123456789abcdef' }))
  return aReport({ plan: aReleasePlan({ deployments: changing }) })
}

function withName(name: string): Report {
  return aReport({ plan: aReleasePlan({ deployments: [{ ...updated, name }] }) })
}
