import { describe, expect, it } from '@jest/globals'
import type { SchedulePreview } from '../../src/release-plan.ts'
import { FULL } from '../../src/report/level.ts'
import { formatSchedule } from '../../src/report/next-runs.ts'

const NOW = new Date('2026-10-24T10:00:00Z')
const schedule: SchedulePreview = {
  label: 'nightly', rule: '30 2 * * *', timezone: 'Europe/Berlin', active: true,
  next: ['2026-10-24T22:30:00.000Z', '2026-10-25T01:30:00.000Z', '2026-12-31T23:30:00.000Z'],
}

describe('a schedule', () => {
  it.each<[string, Partial<SchedulePreview>, string]>([
    ['shows its next runs by its own clock, changes of the hour and of the year included', {},
      '`nightly` `30 2 * * *` Europe/Berlin: Sun 25 Oct, 00:30 · Sun 25 Oct, 02:30 · Fri 1 Jan, 00:30 (2027)'],
    ['without slug is known by its rule', { label: '30 2 * * *', next: [] }, '`30 2 * * *` Europe/Berlin'],
    ['that is paused says so', { active: false, next: [] }, '`nightly` `30 2 * * *` Europe/Berlin: paused'],
    ['of a zone that is not known here shows UTC', { timezone: 'Mars/Base', next: ['2026-10-24T22:30:00.000Z'] },
      '`nightly` `30 2 * * *` Mars/Base: 2026-10-24 22:30 UTC'],
    ['in UTC', { timezone: 'UTC', next: ['2026-10-24T22:30:00.000Z'] }, '`nightly` `30 2 * * *` UTC: Sat 24 Oct, 22:30'],
  ])('%s', (_, overrides, text) => {
    expect(formatSchedule({ ...schedule, ...overrides }, NOW, FULL)).toBe(text)
  })
})
