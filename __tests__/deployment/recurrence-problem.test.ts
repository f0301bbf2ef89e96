import { describe, expect, it } from '@jest/globals'
import { readFixture } from '../../__fixtures__/prefect-files/deployments.ts'
import { recurrenceProblem } from '../../src/deployment/recurrence-problem.ts'

type Recorded = { readonly rule: string; readonly refused?: true; readonly idle?: true; readonly first?: string }
const RECORDED = JSON.parse(readFixture('recurrences.json')) as Recorded[]

describe('a recurrence rule', () => {
  it.each(RECORDED.filter(({ first }) => first !== undefined))('that starts runs is taken: $rule', ({ rule }) => {
    expect(recurrenceProblem(rule)).toBeUndefined()
  })

  it.each(RECORDED.filter(({ first }) => first === undefined))('that Prefect refuses or that starts none is refused: $rule', ({ rule, idle }) => {
    expect(recurrenceProblem(rule)).toMatch(idle === true ? /never comes to a date|needs a DTSTART|is not 0 to/ : /^(is|has|never|needs) /)
  })

  it.each([
    ['FREQ=DAILY;BYMONTHDAY=32', 'never comes to a date'],
    ['FREQ=DAILY;BYHOUR=24', 'has a BYHOUR that is not 0 to 23'],
    ['FREQ=DAILY;MORE=1', 'is not a recurrence rule: it has an unknown part MORE'],
    ['FREQ=DAILY;', 'is not a recurrence rule: it has a part that is not NAME=value: ""'],
    ['FREQ=DAILY;UNTIL=20300101T000000Z', 'has UNTIL in UTC and DTSTART without time zone, or the other way'],
    ['FREQ=DAILY;INTERVAL=0', 'has an INTERVAL below 1'],
    ['FREQ=MINUTELY;INTERVAL=15;BYMINUTE=30', 'needs a DTSTART: what it comes to depends on when it starts'],
  ])('%s is refused because it %s', (rule, reason) => {
    expect(recurrenceProblem(rule)).toBe(reason)
  })

  it('is judged in a moment, however far its dates are', () => {
    const before = process.cpuUsage()
    for (let count = 1; count <= 100; count += 1) recurrenceProblem(`FREQ=MONTHLY;INTERVAL=7;BYMONTHDAY=32;COUNT=${count}`)
    const { user, system } = process.cpuUsage(before)

    expect((user + system) / 100).toBeLessThan(10_000)
  })
})
