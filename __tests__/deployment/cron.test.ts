import { describe, expect, it } from '@jest/globals'
import { readFixture } from '../../__fixtures__/prefect-files/deployments.ts'
import { parseCron } from '../../src/deployment/cron.ts'

type Recorded = { readonly expression: string; readonly runs: readonly string[] | null }
const RECORDED = JSON.parse(readFixture('croniter.json')) as Recorded[]
const START = new Date('2026-11-24T10:00:00Z')

describe('a cron expression, compared with croniter', () => {
  it.each(RECORDED.filter(({ runs }) => runs !== null))('runs "$expression" when croniter does', ({ expression, runs }) => {
    expect(
      parseCron(expression)
        ?.nextRuns(6, START)
        .map((date) => date.toISOString()),
    ).toEqual(runs)
  })

  it.each(RECORDED.filter(({ runs }) => runs === null))('refuses "$expression" as croniter does', ({ expression }) => {
    expect(parseCron(expression)).toBeUndefined()
  })

  it('wants day and weekday both when day_or is false', () => {
    const runs = parseCron('0 9 1-7 * mon', { dayOr: false })?.nextRuns(2, START)

    expect(runs?.map((date) => date.toISOString())).toEqual(['2026-12-07T09:00:00.000Z', '2027-01-04T09:00:00.000Z'])
  })
})
