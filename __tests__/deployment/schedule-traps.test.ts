import { describe, expect, it } from '@jest/globals'
import { aConfig, desire } from '../../__fixtures__/prefect-files/deployments.ts'
import { anEcsPool } from '../../__fixtures__/prefect-files/ecs-pool.ts'
import { nameTraps } from '../../src/deployment/name-traps.ts'
import { poolTraps } from '../../src/deployment/pool-traps.ts'
import { scheduleTraps } from '../../src/deployment/schedule-traps.ts'
import type { Warning } from '../../src/errors.ts'

describe('a schedule', () => {
  it.each([
    ['{interval: 600, slug: a}', ['interval-unanchored']],
    ['{interval: 600, slug: a, anchor_date: "2026-01-01"}', []],
    ['{cron: "0 9 * * *", slug: a}', ['schedule-without-timezone']],
    ['{cron: "0 9 * * *", slug: a, timezone: ""}', ['schedule-without-timezone']],
    ['{cron: "0 9 * * *", slug: a, timezone: "{{ $ZONE }}"}', ['schedule-without-timezone']],
    ['{cron: "0 9 * * *", slug: a, timezone: UTC}', []],
    ['{cron: "*/5 * * * *", slug: a}', []],
    ['{cron: "@hourly", slug: a}', []],
    ['{cron: "@daily", slug: a}', ['schedule-without-timezone']],
    ['{cron: "*/5 * * * 1-5", slug: a}', ['schedule-without-timezone']],
    ['{rrule: "FREQ=DAILY", slug: a}', ['schedule-without-timezone']],
    ['{rrule: "FREQ=DAILY", slug: a, timezone: UTC}', []],
    ['{rrule: "FREQ=DAILY", slug: a, timezone: Europe/Berlin}', []],
    [`{rrule: '{"rrule": "FREQ=DAILY", "timezone": "UTC"}', slug: a}`, []],
    ['{rrule: "DTSTART;TZID=Europe/Berlin:20260101T090000\\nFREQ=DAILY", slug: a}', []],
    ['{cron: "0 9 * * *", timezone: UTC}', ['schedule-without-slug']],
    ['{interval: 600}', ['interval-unanchored', 'schedule-without-slug']],
  ])('%s gives the warnings %j', (schedule, codes) => {
    expect(warningsOf(`schedules: [${schedule}]`).map(({ code }) => code)).toEqual(codes)
  })

  it('shares one warning of a kind with the others of its deployment, at the line of the first', () => {
    const schedules = ['cron: "0 9 * * *", slug: a', 'cron: "0 1 * * *"', 'cron: "0 2 * * *"']

    const warnings = warningsOf(`schedules:\n${schedules.map((each) => `- {timezone: UTC, ${each}}`).join('\n')}`)

    const message = expect.stringMatching(/^schedules "0 1 \* \* \*", "0 2 \* \* \*" of deployment "nightly"/)
    expect(warnings).toMatchObject([{ code: 'schedule-without-slug', message, location: { line: 8 } }])
  })

  it('under the old key is judged like any other', () => {
    expect(warningsOf('schedule: {rrule: "FREQ=DAILY", timezone: UTC, slug: a}')).toEqual([])
  })
})

describe('a work pool', () => {
  const LOCATION = { file: 'prefect.yaml', line: 5 }

  it.each([
    ['ecs', false, 'READY', []],
    ['ecs', false, null, []],
    ['ecs', false, 'NOT_READY', ['pool-without-worker']],
    ['ecs', true, 'PAUSED', ['pool-paused']],
    ['ecs:push', false, 'NOT_READY', []],
    ['prefect:managed', false, 'NOT_READY', []],
    ['process', false, 'NOT_READY', ['pool-without-worker']],
  ])('of type %s, paused %s, status %s gives the warnings %j', (type, paused, status, codes) => {
    const warnings = poolTraps(anEcsPool({}, { type, paused, status }), LOCATION)

    expect(warnings.map(({ code }) => code)).toEqual(codes)
    expect(warnings.every(({ location }) => location === LOCATION)).toBe(true)
  })
})

describe('the names of deployments', () => {
  const { desired } = desire(aConfig())
  const named = (flowName: string, name: string) => ({ ...desired, flowName, name })

  it('may not differ in case only, within one flow', () => {
    const warnings = nameTraps([named('etl', 'nightly'), named('etl', 'Nightly'), named('load', 'NIGHTLY'), named('etl', 'hourly')])

    expect(warnings.map(({ message }) => message)).toEqual(['deployments "nightly" and "Nightly" of flow "etl" differ only in case'])
  })
})

function warningsOf(lines: string): Warning[] {
  const config = aConfig(lines)
  return scheduleTraps(desire(config).desired, config)
}
