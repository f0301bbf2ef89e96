import { describe, expect, it } from '@jest/globals'
import { aLiveSchedule } from '../../__fixtures__/prefect-files/deployments.ts'
import { parseDuration } from '../../src/deployment/duration.ts'
import type { PlannedObject } from '../../src/planned.ts'
import { matchSchedules } from '../../src/deployment/schedule-matching.ts'
import { isSameRule, ruleToWrite } from '../../src/deployment/schedule-rule.ts'
import { readSchedule } from '../../src/deployment/schedule.ts'
import type { DesiredSchedule } from '../../src/deployment/schedule.ts'
import type { Problem } from '../../src/errors.ts'
import { sensitive } from '../../src/planned.ts'
import type { JsonObject } from '../../src/planned.ts'

function read(schedule: PlannedObject): { schedule: DesiredSchedule | undefined; problems: Problem[] } {
  const problems: Problem[] = []
  return { schedule: readSchedule(schedule, () => ({ file: 'prefect.yaml', line: 7 }), problems), problems }
}

function aSchedule(schedule: PlannedObject): DesiredSchedule {
  const { schedule: valid, problems } = read(schedule)
  if (valid === undefined) throw new Error(problems.map(({ message }) => message).join())
  return valid
}

describe('a schedule of the file', () => {
  it.each<[PlannedObject, unknown]>([
    [{ cron: '0 9 * * *' }, { cron: '0 9 * * *', timezone: null, day_or: true }],
    [
      { cron: '0 9 * * *', timezone: 'Europe/Berlin', day_or: false },
      { cron: '0 9 * * *', timezone: 'Europe/Berlin', day_or: false },
    ],
    [
      { cron: '0 9 * * *', timezone: 'US/Eastern', day_or: 'false' },
      { cron: '0 9 * * *', timezone: 'US/Eastern', day_or: false },
    ],
    [{ interval: 600 }, { interval: 600, timezone: null }],
    [{ interval: 0.5 }, { interval: 0.5, timezone: null }],
    [
      { interval: 'PT10M', timezone: 'UTC' },
      { interval: 600, timezone: 'UTC' },
    ],
    [
      { interval: 60, anchor_date: '2026-01-31T08:00:00+02:00' },
      { interval: 60, anchor_date: '2026-01-31T08:00:00+02:00', timezone: null },
    ],
    [
      { interval: 60, anchor_date: '2026-01-31' },
      { interval: 60, anchor_date: '2026-01-31T00:00:00Z', timezone: null },
    ],
    [
      { interval: 60, anchor_date: '2026-01-31 08:00:00' },
      { interval: 60, anchor_date: '2026-01-31T08:00:00Z', timezone: null },
    ],
    [{ rrule: 'FREQ=DAILY' }, { rrule: 'FREQ=DAILY', timezone: 'UTC' }],
    [{ rrule: '{"rrule": "FREQ=DAILY", "timezone": "Europe/Paris"}' }, { rrule: 'FREQ=DAILY', timezone: 'Europe/Paris' }],
    [
      { rrule: '{"rrule": "FREQ=DAILY", "timezone": "Europe/Paris"}', timezone: 'UTC' },
      { rrule: 'FREQ=DAILY', timezone: 'UTC' },
    ],
  ])('%j becomes %j', (schedule, rule) => {
    expect(aSchedule(schedule).rule).toEqual(rule)
  })

  it('keeps slug, old slug, flag and parameters', () => {
    expect(aSchedule({ cron: '@daily', slug: 'new', replaces: 'old', active: 'True', parameters: { x: 1 } })).toMatchObject({
      label: 'new',
      slug: 'new',
      replaces: 'old',
      active: true,
      parameters: { x: 1 },
    })
    expect(aSchedule({ interval: 60 })).toMatchObject({ label: 'every 60 s', slug: undefined, active: undefined, parameters: {} })
  })

  it.each<[PlannedObject, RegExp]>([
    [{ cron: '0 99 * * *' }, /"0 99 \* \* \*" is not a cron expression/],
    [{ cron: '0 9 * * *', timezone: 'Europe/Bonn' }, /"Europe\/Bonn" is not a time zone/],
    [{ cron: '0 9 * * *', timezone: 'europe/berlin' }, /is not a time zone/],
    [{ cron: '0 9 * * *', timezone: '+02:00' }, /is not a time zone/],
    [{ cron: sensitive('0 9 * * *') }, /"cron" of the schedule must be plain text/],
    [{ cron: '0 9 * * *', active: 'maybe' }, /"active" of the schedule must be true or false/],
    [{ interval: '600' }, /the interval is not a duration/],
    [{ interval: 0 }, /the interval is not a duration/],
    [{ interval: 60, anchor_date: 'yesterday' }, /"yesterday" is not a date/],
    [{ rrule: 'every day' }, /is not a recurrence rule/],
    [{ rrule: '{broken' }, /is not a recurrence rule/],
    [{ rrule: `FREQ=DAILY;${'x'.repeat(6500)}` }, /is longer than 6500 characters/],
    [{ rrule: 'FREQ=DAILY;BYMONTHDAY=32' }, /never comes to a date/],
    [{ rrule: '{"rrule": "FREQ=DAILY", "more": 1}' }, /is not a recurrence rule/],
    [{ timezone: 'UTC' }, /the schedule is empty/],
  ])('%j is refused', (schedule, message) => {
    expect(read(schedule)).toMatchObject({
      schedule: undefined,
      problems: [{ code: 'prefect-file-invalid', message: expect.stringMatching(message), location: { line: 7 } }],
    })
  })
})

describe('a duration', () => {
  it.each([
    ['PT10M', 600],
    ['P1DT2H', 93_600],
    ['P2W', 1_209_600],
    ['PT0.5S', 0.5],
    ['P0.5D', 43_200],
    ['P1Y', 31_536_000],
    ['-PT5M', -300],
    ['0:10:00', 600],
    ['10:00', 36_000],
    ['12:30:00', 45_000],
    ['00:00:00.5', 0.5],
    ['1 day, 2:00:00', 93_600],
    ['1d,02:00:00', 93_600],
    ['2 days', 172_800],
    ['600', undefined],
    ['P', undefined],
    ['PT', undefined],
    ['', undefined],
    ['0:60:00', undefined],
    ['pt1m', undefined],
    ['abc', undefined],
  ])('%s is %p seconds', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds)
  })
})

describe('what is written of a schedule', () => {
  it.each<[string, PlannedObject, JsonObject | undefined, JsonObject]>([
    [
      'keeps the live anchor',
      { interval: 60 },
      { interval: 30, anchor_date: '2026-01-01T00:00:00Z', timezone: 'UTC' },
      { interval: 60, anchor_date: '2026-01-01T00:00:00Z', timezone: 'UTC' },
    ],
    [
      'has the anchor of the file',
      { interval: 60, anchor_date: '2026-02-01T00:00:00Z' },
      { interval: 30, anchor_date: '2026-01-01T00:00:00Z' },
      { interval: 60, anchor_date: '2026-02-01T00:00:00Z', timezone: null },
    ],
    ['has no anchor when there is none', { interval: 60 }, { cron: '@daily' }, { interval: 60, timezone: null }],
    ['starts a rule in 2020', { rrule: 'FREQ=DAILY' }, undefined, { rrule: 'DTSTART:20200101T000000\nFREQ=DAILY', timezone: 'UTC' }],
    [
      'starts a rule with a count in 2020',
      { rrule: 'FREQ=MINUTELY;COUNT=3' },
      undefined,
      { rrule: 'DTSTART:20200101T000000\nFREQ=MINUTELY;COUNT=3', timezone: 'UTC' },
    ],
    [
      'leaves the start of a rule by the minute to the server',
      { rrule: 'FREQ=MINUTELY' },
      undefined,
      { rrule: 'FREQ=MINUTELY', timezone: 'UTC' },
    ],
    [
      'keeps the live start',
      { rrule: 'FREQ=MINUTELY;INTERVAL=5' },
      { rrule: 'DTSTART:20261124T115000\nFREQ=MINUTELY' },
      { rrule: 'DTSTART:20261124T115000\nFREQ=MINUTELY;INTERVAL=5', timezone: 'UTC' },
    ],
    [
      'keeps the start of the file',
      { rrule: 'DTSTART:20260101T000000\nFREQ=DAILY' },
      { rrule: 'DTSTART:20200101T000000\nFREQ=DAILY' },
      { rrule: 'DTSTART:20260101T000000\nFREQ=DAILY', timezone: 'UTC' },
    ],
  ])('%s', (_, schedule, live, expected) => {
    expect(ruleToWrite(aSchedule(schedule).rule, live)).toEqual(expected)
  })
})

describe('two rules', () => {
  it.each<[JsonObject, JsonObject, boolean]>([
    [{ cron: '0 9 * * *', timezone: null, day_or: true }, { cron: '0 9  * * *', timezone: 'UTC' }, true],
    [{ cron: '0 9 * * *', timezone: null }, { cron: '0 9 * * *', timezone: 'Europe/Berlin' }, false],
    [{ cron: '0 9 * * *', day_or: true }, { cron: '0 9 * * *', day_or: false }, false],
    [{ interval: 60, timezone: null }, { interval: 60, timezone: 'UTC' }, true],
    [{ interval: 60, anchor_date: '2026-01-01T02:00:00+02:00' }, { interval: 60, anchor_date: '2026-01-01T00:00:00Z' }, true],
    [{ interval: 60, anchor_date: '2026-01-01T00:00:00Z' }, { interval: 60, anchor_date: '2026-01-02T00:00:00Z' }, false],
    [{ interval: 60 }, { interval: 61 }, false],
    [{ rrule: 'DTSTART:20200101T000000\nFREQ=DAILY', timezone: 'UTC' }, { rrule: 'FREQ=DAILY', timezone: null }, true],
    [{ rrule: 'DTSTART:20260101T000000\nFREQ=DAILY' }, { rrule: 'FREQ=DAILY' }, false],
    [{ cron: '@daily' }, { rrule: 'FREQ=DAILY' }, false],
  ])('%j and %j are the same: %p', (one, other, same) => {
    expect(isSameRule(one, other)).toBe(same)
  })
})

describe('which live schedule is which of the file', () => {
  const cron = (expression: string) => ({ cron: expression, timezone: null, day_or: true })
  const live = (id: string, slug: string | null, expression: string, more = {}) =>
    aLiveSchedule({ id, slug, schedule: cron(expression), ...more })

  it.each<[string, PlannedObject[], ReturnType<typeof live>[], (string | undefined)[], string[]]>([
    [
      'by slug, whatever it says',
      [{ cron: '1 * * * *', slug: 'a' }],
      [live('1', 'b', '1 * * * *'), live('2', 'a', '2 * * * *')],
      ['2'],
      ['1'],
    ],
    ['by the slug it had', [{ cron: '1 * * * *', slug: 'new', replaces: 'old' }], [live('1', 'old', '2 * * * *')], ['1'], []],
    ['by its slug once it was renamed', [{ cron: '1 * * * *', slug: 'new', replaces: 'old' }], [live('1', 'new', '1 * * * *')], ['1'], []],
    [
      'by content, adopting one without slug',
      [{ cron: '1 * * * *', slug: 'a' }],
      [live('1', null, '2 * * * *'), live('2', null, '1 * * * *')],
      ['2'],
      ['1'],
    ],
    [
      'by content, without slugs',
      [{ cron: '2 * * * *' }, { cron: '1 * * * *' }],
      [live('1', null, '1 * * * *'), live('2', null, '2 * * * *')],
      ['2', '1'],
      [],
    ],
    [
      'by content and parameters first',
      [{ cron: '1 * * * *', parameters: { x: 2 } }, { cron: '1 * * * *' }],
      [live('1', null, '1 * * * *'), live('2', null, '1 * * * *', { parameters: { x: 2 } })],
      ['2', '1'],
      [],
    ],
    ['by content, when the file lost its slug', [{ cron: '1 * * * *' }], [live('1', 'a', '1 * * * *')], ['1'], []],
    ['not by content, when slugs differ', [{ cron: '1 * * * *', slug: 'a' }], [live('1', 'b', '1 * * * *')], [undefined], ['1']],
    ['as the only ones left without slug', [{ cron: '5 * * * *' }], [live('1', null, '1 * * * *')], ['1'], []],
    [
      'not by guessing among several',
      [{ cron: '5 * * * *' }, { cron: '6 * * * *' }],
      [live('1', null, '1 * * * *')],
      [undefined, undefined],
      ['1'],
    ],
    ['each only once', [{ cron: '1 * * * *' }, { cron: '1 * * * *' }], [live('1', null, '1 * * * *')], ['1', undefined], []],
  ])('is found %s', (_, schedules, lives, expected, removed) => {
    const matching = matchSchedules(schedules.map(aSchedule), lives)

    expect(matching.pairs.map((pair) => pair.live?.id)).toEqual(expected)
    expect(matching.removed.map(({ id }) => id)).toEqual(removed)
  })
})
