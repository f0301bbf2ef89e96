import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import { withPart, withResults } from '../bench/benchmarks-page.ts'
import { describeImage, IMAGE_CASES, imageTable } from '../bench/image-results.ts'
import { prefectFile } from '../bench/project.ts'
import { describe as describeComparison, summarize } from '../bench/results.ts'
import type { Comparison } from '../bench/results.ts'
import { benchmarkSection } from '../scripts/readme-benchmarks.ts'

const SETTING = { server: 'Prefect 3.8.8 on SQLite', database: 'sqlite', timeZones: 'disk' } as const
const COMPARISONS = [comparison(100, 'new', 10), comparison(100, 'changed', 5), comparison(100, 'unchanged', 1), comparison(500, 'unchanged', 2.5)]

function comparison(size: number, kind: Comparison['case'], seconds: number): Comparison {
  return { size, case: kind, ours: { seconds, requests: 4, writes: 0, serverSeconds: 0.8 * seconds }, cli: { seconds: 68, requests: 700, writes: 300 } }
}

describe('the results of a benchmark', () => {
  it('say both times, requests and writes, and how many times faster it is', () => {
    expect(describeComparison(comparison(100, 'unchanged', 1.5))).toBe(
      '100 deployments, unchanged: this action 1.5 s, 4 requests, 0 writes (the server alone 1.2 s); prefect deploy 68.0 s, 700 requests, 300 writes: 45.3 times faster',
    )
  })

  it('are of this action alone where prefect deploy was not waited for', () => {
    const alone = { ...comparison(500, 'unchanged', 2.5), cli: undefined }
    const page = readFileSync(new URL('../docs/benchmarks.md', import.meta.url), 'utf8')

    expect(describeComparison(alone)).toBe('500 deployments, unchanged: this action 2.5 s, 4 requests, 0 writes (the server alone 2.0 s)')
    expect(summarize([alone])[500]?.unchanged).toEqual(alone.ours)
    expect(withResults(page, [alone], SETTING)).toContain('| 500 | unchanged | 2.5 s | 2.0 s |  |  | 4 | 0 |')
  })

  it('are summarized by size and case', () => {
    expect(summarize(COMPARISONS)).toMatchObject({
      100: { new: { ratio: 6.8 }, changed: { ratio: 13.6, seconds: 5 }, unchanged: { ratio: 68, requests: 4, writes: 0, cli: { seconds: 68 } } },
      500: { unchanged: { ratio: 27.2 } },
    })
  })

  it('have a place of their own for each database and each place of time zones', () => {
    const page = readFileSync(new URL('../docs/benchmarks.md', import.meta.url), 'utf8')
    const settings = (['sqlite', 'postgresql'] as const).flatMap((database) => [{ ...SETTING, database }, { ...SETTING, database, timeZones: 'package' } as const])
    const pages = settings.map((setting) => withResults(page, COMPARISONS, setting))

    expect(new Set(pages).size).toBe(4)
    expect(pages.map((each) => each.includes('on SQLite with PYTHONTZPATH empty, Node'))).toContain(true)
  })

  it('replace those of the same server on the page, and nothing else of it', () => {
    const page = readFileSync(new URL('../docs/benchmarks.md', import.meta.url), 'utf8')
    const once = withResults(page, COMPARISONS, SETTING)
    const again = withResults(once, COMPARISONS.slice(0, 3), SETTING)

    expect(once).toContain('| 100 | unchanged | 1.0 s | 0.8 s | 68.0 s | **68.0 ×** | 4 / 700 | 0 / 300 |')
    expect(once).toContain("From 100 to 500 deployments this action's time grows 2.5 times (unchanged).")
    expect(again.slice(0, again.indexOf('<!-- end sqlite -->'))).not.toContain('| 500 |')
    expect(withResults(again, COMPARISONS, SETTING)).toBe(once)
    expect(once.slice(once.indexOf('## PostgreSQL'))).toBe(page.slice(page.indexOf('## PostgreSQL')))
  })

  it('have to have a place on the page', () => {
    expect(() => withResults('# Benchmarks', COMPARISONS, SETTING)).toThrow('no part for sqlite')
  })
})

describe('the results of the image', () => {
  const comparisons = IMAGE_CASES.map((each, index) => ({ case: each, ours: 1 + index, buildx: 2.25 }))

  it('say both times, and what each is of', () => {
    expect(comparisons.slice(0, 1).map(describeImage)).toEqual(["unchanged: this action's whole release 1.0 s; docker buildx build --push alone 2.3 s"])
  })

  it('have their own place on the page', () => {
    const page = readFileSync(new URL('../docs/benchmarks.md', import.meta.url), 'utf8')
    expect(withPart(page, 'image', imageTable(comparisons))).toContain('| requirements changed | 3.0 s | 2.3 s |')
  })
})

describe('the project of a benchmark', () => {
  it('has as many deployments as asked for, of different names, every second with a schedule', () => {
    const { deployments } = parse(prefectFile(500, 'Every morning.')) as { deployments: { name: string; schedules?: unknown }[] }

    expect(new Set(deployments.map(({ name }) => name)).size).toBe(500)
    expect(deployments.filter(({ schedules }) => schedules !== undefined)).toHaveLength(250)
  })

  it('differs in every deployment when all are to change', () => {
    const texts = (['Every morning.', 'Each morning.'] as const).map((text) => (parse(prefectFile(3, text)) as { deployments: unknown[] }).deployments)
    const [before = [], after = []] = texts

    expect(before.filter((each, index) => JSON.stringify(each) !== JSON.stringify(after[index]))).toHaveLength(3)
  })
})

describe('what the README says of speed', () => {
  const page = readFileSync(new URL('../docs/benchmarks.md', import.meta.url), 'utf8')

  it('is what the page says: when, on what and by which command, and the rows of 100 deployments', () => {
    const section = benchmarkSection(withResults(page, COMPARISONS, { server: 'Prefect 3.8.8 on PostgreSQL', database: 'postgresql', timeZones: 'disk' }))

    expect(section).toMatch(/`npm run bench -- deployments --database postgresql` on \d{4}-\d\d-\d\d, Prefect 3\.8\.8 on PostgreSQL, Node [^\n]+\.\n\n\| deployments \|/)
    expect(section).toContain('| 100 | unchanged | 1.0 s | 0.8 s | 68.0 s |')
    expect(section).not.toContain('| 500 |')
    expect(section).not.toContain('grows')
  })

  it('is current', () => {
    expect(readFileSync(new URL('../README.md', import.meta.url), 'utf8')).toContain(benchmarkSection(page))
  })

  it('cannot be said without the page', () => {
    expect(() => benchmarkSection('# Benchmarks')).toThrow('no part for sqlite')
  })
})
