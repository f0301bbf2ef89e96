import { describe, expect, it } from '@jest/globals'
import { aReleasePlan, aReport } from '../../__fixtures__/plans.ts'
import { rendered } from '../../__fixtures__/rendered.ts'
import { HOSTILE, hostile, manyDeployments, SITUATIONS } from '../../__fixtures__/report-situations.ts'
import { formatComment, formatFailureComment } from '../../src/report/comment.ts'
import { readRecord, recordOf } from '../../src/report/plan-record.ts'
import type { Report } from '../../src/report/report.ts'

const MOST_CHARACTERS = 65_536

/** What a report may be made of; `a` leads to this action's pages, the run and Prefect only. */
const ELEMENTS = new Set([
  'html', 'head', 'body', 'h2', 'h3', 'p', 'strong', 'code', 'pre', 'a', 'br', 'hr', 'sub', 'ul', 'li',
  'table', 'thead', 'tbody', 'tr', 'th', 'td', 'details', 'summary',
])
const OWN_ADDRESS = /^https:\/\/(github\.com\/(org\/prefect-ecs-deploy|acme)\/|prefect\.example\/)/

describe('the comment', () => {
  it.each(Object.keys(SITUATIONS).filter((name) => name !== '300 deployments'))('of %s', (name) => {
    expect(formatComment(situation(name))).toMatchSnapshot()
  })

  it.each(Object.keys(SITUATIONS))('of %s is found again by its record', (name) => {
    const report = situation(name)

    expect(readRecord(formatComment(report))).toMatchObject({ name: report.plan.name, hash: recordOf(report).hash })
  })

  it('of 300 deployments tells them all', () => {
    const lines = formatComment(situation('300 deployments')).split('\n')

    expect([...lines.slice(1, 40), '…', ...lines.slice(-12)].join('\n')).toMatchSnapshot()
    expect(lines.join('\n')).toContain('deployment-298')
  })
})

describe('the size of a comment', () => {
  it.each<[string, number, string]>([
    ['all that there is', 100, ''],
    ['unchanged deployments by name only', 400, 'listed by name only'],
    ['no unchanged deployments', 1300, 'Unchanged deployments are left out'],
    ['counts', 3000, 'Only counts are shown'],
  ])('has room for %s', (_, count, note) => {
    const text = formatComment(reportOf(count))

    expect(text.length).toBeLessThanOrEqual(MOST_CHARACTERS)
    expect(text).toContain(note)
    expect(text.includes('as the whole is too long')).toBe(note !== '')
  })

  it('of 3,000 deployments still says what merging does, with a link to the rest', () => {
    expect(formatComment(reportOf(3000)).replace(/^.*\n/, '')).toMatchSnapshot()
  })

  it.each<[string, string]>([
    ['letters', 'x'.repeat(5000)],
    ['characters that are escaped', '`|<&*_'.repeat(1000)],
    ['characters of four bytes', '😀'.repeat(3000)],
    ['characters that are shown as numbers', '\u202E'.repeat(3000)],
    ['hostile text', HOSTILE.repeat(20)],
  ])('keeps to the limit though everything is long: %s', (_, text) => {
    const { plan, ...report } = hostile(text)
    const many = <T>(items: readonly T[]) => Array.from({ length: 100 }, () => items).flat()
    const large = {
      ...plan, name: text.slice(0, 200), deployments: many(plan.deployments), warnings: many(plan.warnings),
      unlisted: many(plan.unlisted), omissions: many(plan.omissions), steps: many(plan.steps), workPools: many(plan.workPools),
      impact: plan.impact && { ...plan.impact, pendingRuns: many(plan.impact.pendingRuns) },
    }
    const outcome = { ...report.outcome, steps: many(report.outcome.steps ?? []) }
    const comment = formatComment({ ...report, outcome, run: aReport().run, plan: large, deviations: many(report.deviations) })

    expect(comment.length).toBeLessThanOrEqual(MOST_CHARACTERS)
    expect(Buffer.byteLength(comment)).toBeLessThanOrEqual(262_144)
  })

  it('grows its time with the plan and not with the square of it', () => {
    const [few, many] = [reportOf(300), reportOf(3000)]
    const rounds = Array.from({ length: 5 }, () => ({ small: timeOf(() => formatComment(few)), large: timeOf(() => formatComment(many)) }))
    const all = (size: 'small' | 'large') => rounds.reduce((sum, round) => sum + round[size], 0) // now and then one is much shorter or longer

    expect(all('large') / all('small')).toBeLessThan(25) // the square would be 100
  })
})

describe('hostile text in a comment', () => {
  it.each<[string, string]>([
    ['a comment', formatComment(hostile())],
    ['a comment of a failed plan', formatFailureComment({
      name: HOSTILE, run: hostile().run, failure: { message: HOSTILE, advice: [{ code: 'step-failed', hint: HOSTILE }] }, at: new Date(0), earlier: formatComment(hostile()),
    })],
  ])('is only text in %s', (_, comment) => {
    const { elements, attributes, addresses, comments, prose } = rendered(comment)

    expect([...elements].filter((name) => !ELEMENTS.has(name))).toEqual([])
    expect([...attributes].filter((name) => !['href', 'class', 'align'].includes(name))).toEqual([])
    expect(addresses.filter((address) => !OWN_ADDRESS.test(address))).toEqual([])
    expect(comments.filter((text) => !/^ prefect-ecs-deploy (\{.*\}|earlier) $/.test(text))).toEqual([])
    expect(prose).not.toMatch(/@\w|#\d|GH-\d|https?:\/\/evil|www\.evil/)
  })

  it('changes nothing of what is around it', () => {
    const { elements, rows, code } = rendered(formatComment(hostile()))
    const tame = rendered(formatComment(hostile('x')))

    expect([...elements].sort()).toEqual([...tame.elements].sort())
    expect(rows).toEqual(tame.rows)
    expect(code).toHaveLength(tame.code.length)
  })

  it('can be read: what has no shape is seen as its number', () => {
    const texts = rendered(formatComment(hostile())).code.join('\n')

    expect(texts).toContain('<img src=x onerror=alert(1)>')
    expect(texts).toContain('\\u{202e}reversed\\u{2066} zero\\u{200b}width \\u{1b}[31mred\\u{7} \\u{d800}')
    expect(texts).not.toMatch(/[^\P{Cc}\n]|[^\P{Cf}\u200B]/u)
  })
})

describe('the comment of a plan that failed', () => {
  const run = { ...aReport().run, commit: 'def5678'.repeat(5) }
  const at = new Date('2026-11-24T15:00:00Z')
  const failed = (earlier?: string, message = 'prefect.yaml:3: bad\nSee line 3') =>
    formatFailureComment({ name: 'default', run, failure: { message, advice: [{ code: 'prefect-file-invalid', hint: 'Mend it' }] }, at, earlier })
  const earlier = formatComment(aReport())

  it('says why, and nothing else when there was no plan', () => {
    expect(failed()).toMatchSnapshot()
    expect(readRecord(failed())).toMatchObject({ name: 'default', commit: run.commit, hash: '', state: 'failed' })
  })

  it('says it in short when all of it is long', () => {
    const long = '\u202e'.repeat(20_000)
    const advice = Array.from({ length: 9 }, (_, index) => ({ code: 'prefect-file-invalid', hint: `${index}${long}` }) as const)
    const comment = formatFailureComment({ name: 'default', run, failure: { message: long, advice }, at, earlier })

    expect(comment.length).toBeLessThanOrEqual(MOST_CHARACTERS)
    expect(comment).toContain('docs/errors.md#prefect-file-invalid')
    expect(comment).toContain('and 4 more')
  })

  it('keeps the last plan below, under the commit that it is for', () => {
    expect(failed(earlier)).toContain('older commit `abc1234`')
    expect(failed(earlier)).toContain('**changes nothing**')
    expect(readRecord(failed(earlier))?.state).toBe('failed')
  })

  it('keeps one plan, however often it fails', () => {
    expect(failed(failed(failed(earlier)))).toBe(failed(earlier))
    expect(failed(failed())).toBe(failed())
  })

  it('keeps no text of another kind', () => {
    expect(failed('Hello')).toBe(failed())
  })

  it('leaves the last plan out where there is no room for both', () => {
    const large = formatComment(reportOf(1400))

    expect(large.length).toBeGreaterThan(60_000)
    expect(failed(large, 'x '.repeat(8000)).length).toBeLessThan(20_000)
  })
})

function situation(name: string): Report {
  const report = SITUATIONS[name]
  if (report === undefined) throw new Error(`There is no situation ${name}`)
  return report
}

function reportOf(count: number): Report {
  return aReport({ plan: aReleasePlan({ dryRun: true, deployments: manyDeployments(count) }) })
}

/** Microseconds of the processor, which other programs on the machine do not lengthen. */
function timeOf(work: () => unknown): number {
  const start = process.cpuUsage()
  work()
  return process.cpuUsage(start).user
}
