import { describe, expect, it } from '@jest/globals'
import { aReleasePlan, aReport } from '../../__fixtures__/plans.ts'
import { rendered } from '../../__fixtures__/rendered.ts'
import { hostile, manyDeployments, SITUATIONS } from '../../__fixtures__/report-situations.ts'
import { formatComment } from '../../src/report/comment.ts'
import { formatSummary } from '../../src/report/summary.ts'
import type { Report } from '../../src/report/report.ts'

const MOST_BYTES = 1_048_576
const SHORT = Object.entries(SITUATIONS).filter(([name]) => name !== '300 deployments')

describe('the job summary', () => {
  it.each(SHORT)('of %s', (_, report) => {
    expect(formatSummary(report)).toMatchSnapshot()
  })

  it.each(SHORT)('of %s says all that the comment says', (_, report) => {
    const blocks = formatComment(report).trim().split('\n\n').slice(1)

    expect(blocks.filter((block) => !formatSummary(report).includes(block))).toEqual([])
  })

  it('says more than a comment can: all of 3,000 deployments', () => {
    const lines = formatSummary(reportOf(3000)).split('\n')

    expect(lines.join('\n')).toContain('deployment-2998')
    expect([...lines.slice(0, 20), '…', ...lines.slice(-6)].join('\n')).toMatchSnapshot()
  })

  it.each([3000, 6000, 20_000])('of %d deployments keeps to the limit', (count) => {
    expect(Buffer.byteLength(formatSummary(reportOf(count)))).toBeLessThan(MOST_BYTES)
  })

  it('tells when the phases began and how long they took', () => {
    const phases = [
      { title: 'Plan', milliseconds: 900 }, { title: 'Build | push', milliseconds: 2100 }, { title: 'Nothing', milliseconds: 0 },
    ]
    const summary = formatSummary(aReport({ phases }))

    expect(summary).toContain('| Plan | 0.9 s | `█████████·····················` |')
    expect(summary).toContain('| Build \\| push | 2.1 s | `·········█████████████████████` |')
    expect(summary).toContain('| Nothing | 0.0 s | `·····························█` |')
    expect(summary).toContain('| all | 3.0 s |  |')
  })

  it('keeps its rows whole, whatever is in names and values', () => {
    expect(new Set(rendered(formatSummary(hostile())).rows)).toEqual(new Set([3]))
  })
})

function reportOf(count: number): Report {
  return aReport({ plan: aReleasePlan({ dryRun: true, deployments: manyDeployments(count) }) })
}
