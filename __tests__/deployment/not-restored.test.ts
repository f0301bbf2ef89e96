import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { aDesired, aDesiredSchedule, aLive, aScheduleOf } from '../../__fixtures__/desired-deployment.ts'
import { plansOf, setUpEventful } from '../../__fixtures__/eventful-release.ts'
import { NOT_RESTORED } from '../../src/deployment/not-restored.ts'
import { planDeployment } from '../../src/deployment/plan.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/restoring.md'), 'utf8')
const entries = Object.entries(NOT_RESTORED)

describe('what cannot be put back', () => {
  it('is told in docs/restoring.md, all of it and nothing else', () => {
    const listed = [...page.matchAll(/^- `([\w-]+)`: (.*)$/gm)].map(([, code, text]) => [code, text])
    expect(listed).toEqual(entries.map(([code, { words, instead }]) => [code, `${words}; ${instead}`]))
  })

  it('is what the undoing of some write loses, or of any', async () => {
    const schedules = [aScheduleOf(null, '0 1 * * *')]
    const plans = [
      ...(await plansOf(setUpEventful().workspace)),
      planDeployment(aDesired({ schedules: [aDesiredSchedule('adopted', '0 1 * * *')] }), aLive({ schedules }), {}),
      planDeployment(aDesired({ fields: { parameters: { day: 'x' } } }), aLive({ fields: { parameters: { day: { __prefect_kind: 'json', value: '"y"' } } } }), {}),
      planDeployment(aDesired(), aLive({ automations: [{ id: 'a1', name: 'nightly__automation_1', body: { name: 'nightly__automation_1' } }] }), {}),
      planDeployment(aDesired({ slas: [{ name: 'fresh' }] }), aLive(), {}),
    ]
    const lost = plans.flatMap(({ writes }) => writes).flatMap(({ undo: { loses } }) => (loses === undefined ? [] : [loses]))
    expect([...new Set(lost)].sort()).toEqual(entries.flatMap(([code, loss]) => (loss.with === 'write' ? [code] : [])).sort())
  })
})
