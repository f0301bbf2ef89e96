import { describe, expect, it } from '@jest/globals'
import { readFixture } from '../../__fixtures__/prefect-files/deployments.ts'
import { nextFires } from '../../src/deployment/next-fires.ts'
import type { JsonObject } from '../../src/planned.ts'

type Recorded = { readonly rule: JsonObject; readonly from: string; readonly runs: readonly string[] }
const recorded = JSON.parse(readFixture('next-fires.json')) as Recorded[]

const next = (rule: JsonObject, from: string, count = 4) => nextFires(rule, new Date(from), count)?.map((date) => date.toISOString())

describe('the next runs', () => {
  it.each([
    ['cron', 90], ['interval', 180], ['rrule', 390],
  ])('of each %s schedule are those that Prefect itself starts, over changes of the clocks, too', (kind, atLeast) => {
    const cases = recorded.filter(({ rule }) => kind in rule)
    expect(cases.length).toBeGreaterThanOrEqual(atLeast)
    for (const { rule, from, runs } of cases) expect({ rule, from, runs: next(rule, from) }).toEqual({ rule, from, runs })
  })

  it('keep to the clock of the time zone', () => {
    const daily = ['2026-10-24T07:00:00.000Z', '2026-10-25T08:00:00.000Z', '2026-10-26T08:00:00.000Z']
    expect(next({ cron: '0 9 * * *', timezone: 'Europe/Berlin' }, '2026-10-24T00:00:00Z', 3)).toEqual(daily)
    expect(next({ rrule: 'FREQ=DAILY;BYHOUR=9', timezone: 'Europe/Berlin' }, '2026-10-24T00:00:00Z', 3)).toEqual(daily)
  })

  it('want day and weekday both when day_or is false, on the clock of the time zone', () => {
    const rule = { cron: '0 9 1-7 * mon', timezone: 'Europe/Berlin', day_or: false }
    expect(next(rule, '2026-11-24T10:00:00Z', 2)).toEqual(['2026-12-07T08:00:00.000Z', '2027-01-04T08:00:00.000Z'])
  })

  it('are fewer when the rule ends', () => {
    const rule = { rrule: 'DTSTART:20261101T080000\nFREQ=DAILY;COUNT=25', timezone: 'UTC' }
    expect(next(rule, '2026-11-24T10:00:00Z')).toEqual(['2026-11-25T08:00:00.000Z'])
  })

  it.each<[JsonObject]>([
    [{ interval: 60 }],
    [{ interval: 0, anchor_date: '2026-01-01T00:00:00Z' }],
    [{ interval: 60, anchor_date: 'soon' }],
    [{ cron: 'never' }],
    [{ rrule: 'every day' }],
    [{ rrule: 'FREQ=MINUTELY;INTERVAL=5' }],
  ])('of %j are not known', (rule) => {
    expect(next(rule, '2026-11-24T10:00:00Z')).toBeUndefined()
  })

  it.each([
    'FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30',
    'FREQ=DAILY;BYMONTHDAY=32',
    'FREQ=DAILY;BYMONTH=13',
    'FREQ=WEEKLY;BYYEARDAY=400',
    'DTSTART:20200101T000000\nFREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30',
    'FREQ=HOURLY;INTERVAL=24;BYHOUR=5',
    'DTSTART:20200101T000000\nFREQ=SECONDLY;COUNT=100000000',
    'DTSTART:20200101T000000\nRRULE:FREQ=MINUTELY\nRDATE:20261124T120000',
    'RRULE:FREQ=DAILY\nEXRULE:FREQ=DAILY',
  ])('of %j, which would be looked for through all years, are not told', (rrule) => {
    expect(next({ rrule }, '2026-11-24T10:00:00Z')).toBeUndefined()
  })

  it('of a rule by the minute that began years ago are told at once', () => {
    const started = performance.now()
    expect(next({ rrule: 'DTSTART:20100101T000030\nFREQ=MINUTELY;INTERVAL=7' }, '2026-11-24T10:00:00Z', 3)).toHaveLength(3)
    expect(performance.now() - started).toBeLessThan(500)
  })
})
