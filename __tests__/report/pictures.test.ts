import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { exampleRelease, exampleReport } from '../../__fixtures__/example-report.ts'
import { planViolations } from '../../__fixtures__/plan-schema.ts'
import { formatComment } from '../../src/report/comment.ts'
import { formatSummary } from '../../src/report/summary.ts'

const FOLDER = join(import.meta.dirname, '../../docs/pictures')

describe('the pictures in docs/pictures', () => {
  const sources = JSON.parse(readFileSync(join(FOLDER, 'sources.json'), 'utf8')) as Readonly<Record<string, string>>

  it.each([
    ['plan-comment.png', formatComment(exampleReport())],
    ['job-summary.png', formatSummary(exampleRelease())],
  ])('show what the action writes today: %s (npm run picture makes them)', (name, markdown) => {
    expect(sources[name]).toBe(createHash('sha256').update(markdown).digest('hex'))
    expect(readFileSync(join(FOLDER, name)).subarray(1, 4).toString()).toBe('PNG')
    expect(readFileSync(join(FOLDER, name)).length).toBeLessThan(300_000)
  })

  it('are of a plan as docs/plan.schema.json describes it', () => {
    expect(planViolations(exampleReport().plan)).toEqual([])
  })
})
