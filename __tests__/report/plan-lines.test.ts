import { describe, expect, it } from '@jest/globals'
import { hostile, SITUATIONS } from '../../__fixtures__/report-situations.ts'
import { formatPlanLines } from '../../src/report/plan-lines.ts'

describe('the plan in the log', () => {
  it.each(Object.entries(SITUATIONS).filter(([name]) => !/hostile|300/.test(name)))('of %s', (_, { plan }) => {
    expect(formatPlanLines(plan).join('\n')).toMatchSnapshot()
  })

  it('is one line a decision: none of them can be a command to the runner', () => {
    const lines = formatPlanLines(hostile('first line\n::add-mask::second\r::stop-commands::third').plan)

    expect(lines.length).toBeGreaterThan(10)
    expect(lines.filter((line) => /[\r\n]|^\s*::/.test(line))).toEqual([])
  })

  it('has no control character that a terminal would obey', () => {
    expect(formatPlanLines(hostile('a\u001B[2Jb\u202Ec').plan).filter((line) => /\p{Cc}|\p{Cf}/u.test(line))).toEqual([])
  })
})
