import { describe, expect, it } from '@jest/globals'
import { aDesired, aLive } from '../../__fixtures__/desired-deployment.ts'
import { plansOf, setUpEventful, stateOf } from '../../__fixtures__/eventful-release.ts'
import { applyDeployments } from '../../src/deployment/apply.ts'
import { INCOMPLETE } from '../../src/deployment/incomplete.ts'
import { markOutside } from '../../src/deployment/outside.ts'
import { planDeployment } from '../../src/deployment/plan.ts'
import { DeployError } from '../../src/errors.ts'

async function undisturbed() {
  const context = setUpEventful()
  await applyDeployments(await plansOf(context.workspace), context)
  return { state: stateOf(context.workspace), writes: context.workspace.writes.length }
}

const { state: DESIRED, writes: WRITES } = await undisturbed()
const dies = () => {
  throw new DeployError('prefect-unreachable', 'The runner is gone')
}

describe('a release that is ended at a write, from which on nothing more reaches the server', () => {
  it('has something of everything', () => {
    expect(WRITES).toBeGreaterThan(20)
    expect(DESIRED.deployments.map(({ name, paused }) => [name, paused])).toEqual([
      ['by-hand', true], ['changed', false], ['new', false], ['new-active', false], ['new-paused', true], ['resumed', false], ['stopped', true],
    ])
    expect(JSON.stringify(DESIRED)).not.toContain(INCOMPLETE)
  })

  it.each(Array.from({ length: WRITES }, (_, index) => index + 1))('is completed by the next one: before write %i', async (failing) => {
    const context = setUpEventful()
    context.workspace.beforeWrite = (number) => {
      if (number >= failing) dies()
    }
    await expect(applyDeployments(await plansOf(context.workspace), context)).rejects.toThrow('The runner is gone')
    expect(await completed(context)).toEqual({ state: DESIRED, left: [] })
  })

  it.each(Array.from({ length: WRITES }, (_, index) => index + 1))('is completed by the next one: after write %i, before its answer', async (failing) => {
    const context = setUpEventful()
    context.workspace.beforeWrite = (number) => {
      if (number > failing) dies()
    }
    context.workspace.afterWrite = (number) => {
      if (number === failing) dies()
    }
    await applyDeployments(await plansOf(context.workspace), context).catch(() => undefined)
    expect(await completed(context)).toEqual({ state: DESIRED, left: [] })
  })

  async function completed(context: ReturnType<typeof setUpEventful>) {
    context.workspace.beforeWrite = () => undefined
    context.workspace.afterWrite = () => undefined
    await applyDeployments(await plansOf(context.workspace), context)
    return { state: stateOf(context.workspace), left: (await plansOf(context.workspace)).flatMap(({ writes }) => writes) }
  }
})

describe('a deployment that an ended release has left', () => {
  const left = aLive({ paused: true, fields: { tags: ['team', INCOMPLETE] } })

  it('is unpaused and loses its mark in one write, and the plan says why', () => {
    const { writes, warnings, changes } = planDeployment(aDesired(), left, {})
    expect(writes.map(({ request }) => request)).toEqual([{ kind: 'update-deployment', body: { tags: ['team'], paused: false } }])
    expect(changes.map(({ path }) => path)).toEqual(['tags', 'paused'])
    expect(warnings).toMatchObject([{ code: 'deployment-incomplete', location: { line: 3 } }])
  })

  it('has been paused by no person', () => {
    const config = { paused: false } as Parameters<typeof markOutside>[1]['config']
    expect(markOutside(planDeployment(aDesired(), left, {}), { config, base: undefined }).warnings.map(({ code }) => code)).toEqual(['deployment-incomplete'])
  })

  it('keeps its pause where the file has one, and loses its mark', () => {
    const { writes } = planDeployment(aDesired({ paused: true }), left, {})
    expect(writes.map(({ request }) => request)).toEqual([{ kind: 'update-deployment', body: { tags: ['team'], version: '1' } }])
  })

  it('loses its mark when somebody has unpaused it meanwhile', () => {
    const { writes } = planDeployment(aDesired(), { ...left, paused: false }, {})
    expect(writes.map(({ request }) => request)).toEqual([{ kind: 'update-deployment', body: { tags: ['team'], version: '1' } }])
  })

  it('keeps other tags that the UI owns, but not the mark', () => {
    const { writes } = planDeployment(aDesired({ keep: ['tags'] }), { ...left, fields: { ...left.fields, tags: ['mine', INCOMPLETE] } }, {})
    expect(writes.map(({ request }) => request)).toEqual([{ kind: 'update-deployment', body: { tags: ['mine'], paused: false } }])
  })

  it('gets its mark back when unpausing it is undone', () => {
    const [write] = planDeployment(aDesired(), left, {}).writes
    expect(write?.undo.request).toEqual({ kind: 'update-deployment', body: { tags: ['team', INCOMPLETE], paused: true } })
  })
})
