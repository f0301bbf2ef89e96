import { describe, expect, it } from '@jest/globals'
import { aCopy, aPlannedWorkPool, aReleasePlan, aScript } from '../../__fixtures__/plans.ts'
import type { PlannedStep, PlannedWorkPool } from '../../src/release-plan.ts'
import { describeStep, stepCounts } from '../../src/report/step-lines.ts'
import { sharing } from '../../src/report/work-pools.ts'

const name = (text: string) => `<${text}>`

describe('a step in words', () => {
  it.each<[string, PlannedStep, string, string]>([
    ['a script', aScript(), 'runs <make sdist>', 'ran <make sdist>'],
    ['a script of several lines', aScript({ script: '\nmake clean\r\nmake sdist\n' }), 'runs <make clean …>', 'ran <make clean …>'],
    ['a long command', aScript({ script: 'x'.repeat(100) }), `runs <${'x'.repeat(80)}…>`, `ran <${'x'.repeat(80)}…>`],
    ['a script that is not told', aScript({ script: null }), 'runs <run_shell_script>', 'ran <run_shell_script>'],
    ['a copy of some files', aCopy(3), 'copies 3 of 120 files to <s3://acme-flows/flows>', 'copied 3 of 120 files to <s3://acme-flows/flows>'],
    ['a copy of all files', aCopy(120), 'copies 120 files to <s3://acme-flows/flows>', 'copied 120 files to <s3://acme-flows/flows>'],
    ['a copy of the only file', aCopy(1, { files: { changed: 1, unchanged: 0 } }), 'copies 1 file to <s3://acme-flows/flows>',
      'copied 1 file to <s3://acme-flows/flows>'],
    ['a copy to where a script says', aCopy(3, { files: null, target: 's3://acme/{step 1 stdout}' }),
      'copies files to <s3://acme/(known after run_shell_script)>', 'copied files to <s3://acme/(known after run_shell_script)>'],
    ['a copy of nothing', aCopy(0), 'all 120 files are in <s3://acme-flows/flows> already', 'all 120 files are in <s3://acme-flows/flows> already'],
    ['a copy of nothing, of one file', aCopy(0, { files: { changed: 0, unchanged: 1 } }),
      'the only file is in <s3://acme-flows/flows> already', 'the only file is in <s3://acme-flows/flows> already'],
  ])('%s', (_, step, planned, done) => {
    expect(describeStep(step, { name, isDone: false })).toBe(planned)
    expect(describeStep(step, { name, isDone: true })).toBe(done)
  })

  it('counts scripts and the files that are copied', () => {
    expect(stepCounts(aReleasePlan({ steps: [aScript(), aCopy(3), aCopy(4), aCopy(0), aScript()] }))).toEqual({ scripts: 2, copies: 2, copied: 7 })
    expect(stepCounts(aReleasePlan({ steps: [aCopy(3), aCopy(4, { files: null })] }))).toEqual({ scripts: 0, copies: 2, copied: undefined })
  })
})

describe('who else uses a work pool', () => {
  it.each<[string, Partial<PlannedWorkPool>, string | undefined]>([
    ['one', { action: 'update', sharedWith: ['crm/a'] }, 'also used by 1 other deployment: <crm/a>'],
    ['more than are named', { action: 'update', sharedWith: ['crm/a', 'crm/b', 'crm/c'] },
      'also used by 3 other deployments: <crm/a>, <crm/b>, and 1 more'],
    ['nobody', { action: 'update' }, undefined],
    ['somebody, of a pool that stays', { action: 'unchanged', sharedWith: ['crm/a'] }, undefined],
  ])('%s', (_, pool, text) => {
    expect(sharing(aPlannedWorkPool(pool), { name, most: 2 })).toBe(text)
  })

  it('is only counted where there is no room for names', () => {
    expect(sharing(aPlannedWorkPool({ action: 'update', sharedWith: ['crm/a', 'crm/b'] }), { name, most: 0 })).toBe('also used by 2 other deployments')
  })
})
