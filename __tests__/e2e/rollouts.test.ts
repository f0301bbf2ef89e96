import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { connectSandbox } from '../../sandbox/connect.ts'
import type { Sandbox } from '../../sandbox/connect.ts'
import { checkRollouts } from '../../sandbox/rollouts/check.ts'
import type { Judged } from '../../sandbox/rollouts/check.ts'
import { ROLLOUTS } from '../../sandbox/rollouts/fates.ts'

jest.setTimeout(300_000)

/** The others take longer; `npm run check:rollouts` goes through all. */
const SAMPLE = ['success', 'success-not-listed', 'pull', 'crash-breaker', 'crash-loop', 'crash-left', 'overtaken', 'paused']

describe('a rollout', () => {
  let sandbox: Sandbox
  let judged: readonly Judged[]

  beforeAll(async () => {
    sandbox = connectSandbox()
    judged = await checkRollouts(sandbox, ROLLOUTS.filter(({ name }) => SAMPLE.includes(name)))
  })

  afterAll(() => sandbox.reset())

  it.each(SAMPLE)('with the fate %s ends with the right exit code, verdict and revision, soon after ECS', (name) => {
    expect(judged.filter((each) => each.name === name).map(({ wrong }) => wrong)).toEqual([[]])
  })

  it('that ECS has put back is a failure, though the service is stable again', () => {
    const putBack = judged.find(({ name }) => name === 'crash-breaker')
    expect(putBack?.played).toMatchObject({ exitCode: 1, looksStable: true })
  })
})
