import { describe, expect, it } from '@jest/globals'
import { readFixture } from '../../__fixtures__/prefect-files/deployments.ts'
import { parsePrefectFile } from '../../src/deployment/prefect-file.ts'
import { DeployError } from '../../src/errors.ts'

type Recorded = { readonly case: string; readonly text: string; readonly model: boolean; readonly schedules?: boolean }
const RECORDED = JSON.parse(readFixture('models.json')) as Recorded[]

/** Where this action is stricter than Prefect's models, and why. */
const REFUSED = new Map([
  ['version_type: svn', 'Prefect Cloud knows no such type'],
  ['concurrency_limit: 0', 'the server refuses it'],
  ['concurrency_limit: -1', 'the server refuses it'],
  ['concurrency_limit: yes', 'it would be a limit of 1'],
  ['concurrency_limit: {limit: 3, collision_strategy: WAIT}', 'the server refuses it'],
  ['concurrency_limit: {limit: 3, grace_period_seconds: 5}', 'the server refuses it'],
  ['sla: [{name: a, within: 600, duration: 60}]', 'Prefect guesses which of the two is meant'],
  ['schedules: [{interval: yes}]', 'it would be one second'],
  ['schedules: [{interval: 60, anchor_date: 5}]', 'it would be a moment in 1970'],
  ['an empty deployment', 'prefect deploy fails on it later'],
  ['a name of null', 'prefect deploy leaves it out without a word'],
  ['a name with a slash', 'the server refuses it'],
  ['an entrypoint of null', 'prefect deploy fails on it later'],
])

/** Where it is less strict. */
const TAKEN = new Map([
  ['parameters: {1: a}', 'keys of JSON are text'],
  ['version: 2026-01-31', 'a date is its text'],
  ['work_pool: {name: p, job_variables: {1: a}}', 'keys of JSON are text'],
  ['schedules: [{cron: "0 9 * * *", anchor_date: 2026-01-31}]', 'a date is its text; with a cron expression it means nothing'],
  ['schedules: [{interval: 60, anchor_date: 2026-01-31, slug: s}]', 'a date is its text, as it is without the slug'],
  ['a version of Prefect that is a number', 'it is only kept for the record'],
  ['a name of the project that is a number', 'it is only kept for the record'],
])

describe("what Prefect's models take", () => {
  it.each(RECORDED)('is what this action takes, but for the deviations that are named: $case', ({ case: name, text, model, schedules }) => {
    const isTakenByPrefect = model && schedules === true

    expect(isTaken(text)).toBe(REFUSED.has(name) ? false : TAKEN.has(name) ? true : isTakenByPrefect)
  })

  it('deviates nowhere without need', () => {
    const taken = new Map(RECORDED.map(({ case: name, model, schedules }) => [name, model && schedules === true]))

    expect([...REFUSED.keys()].filter((name) => taken.get(name) !== true)).toEqual([])
    expect([...TAKEN.keys()].filter((name) => taken.get(name) !== false)).toEqual([])
  })
})

function isTaken(text: string): boolean {
  try {
    parsePrefectFile(text, 'prefect.yaml')
    return true
  } catch (error) {
    if (error instanceof DeployError) return false
    throw error
  }
}
