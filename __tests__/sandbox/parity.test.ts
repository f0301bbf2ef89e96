import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { readCases } from '../../sandbox/parity/cases.ts'
import { DEVIATIONS, judge, judgeKept, KEPT } from '../../sandbox/parity/deviations.ts'
import { differencesOf } from '../../sandbox/parity/differences.ts'
import { flowModule } from '../../sandbox/parity/flow-module.ts'
import { lostIdentities } from '../../sandbox/parity/identity.ts'
import { entrypointsOf, foldersOf, surroundingsOf } from '../../sandbox/parity/mentions.ts'
import { normalise } from '../../sandbox/parity/normalise.ts'
import { root } from '../../sandbox/paths.ts'
import { randomPairs } from '../../sandbox/parity/walk.ts'
import type { WorkspaceState } from '../../sandbox/workspace-state.ts'

const cases = readCases()

describe('the cases of the parity check', () => {
  it('are at least sixty, and each says what it is about and which deviations occur in it', () => {
    expect(cases.length).toBeGreaterThanOrEqual(60)
    expect(cases.filter(({ file, deviations }) => deviations === undefined || !/^# .{10,}\n# Deviations:/.test(file)).map(({ name }) => name)).toEqual([])
  })

  it('name documented deviations only, and every one of them', () => {
    const named = new Set(cases.flatMap(({ deviations }) => deviations ?? []))

    expect([...named].toSorted()).toEqual(DEVIATIONS.map(({ name }) => name).toSorted())
  })

  it('differ in what docs/prefect-deploy.md tells, and in nothing else', () => {
    const page = readFileSync(join(root, 'docs/prefect-deploy.md'), 'utf8')
    const entries = [...page.matchAll(/^- `([^`]+)`: (.*)$/gm)]

    expect(entries.map(([, name]) => name).toSorted()).toEqual([...DEVIATIONS, ...KEPT].map(({ name }) => name).toSorted())
    expect(entries.filter(([, , text = '']) => text.length < 40)).toEqual([])
  })
})

describe('differences', () => {
  it.each([
    [{ a: [1, { b: 2 }] }, { a: [1, { b: 3 }] }, [{ path: 'a[1].b', ours: 2, theirs: 3 }]],
    [{ a: [1] }, { a: [1, 2] }, [{ path: 'a', ours: [1], theirs: [1, 2] }]],
    [{ a: null }, {}, [{ path: 'a', ours: null, theirs: undefined }]],
    [{ a: 1, b: 2 }, { b: 2, a: 1 }, []],
    [{ a: 1 }, { a: '1' }, [{ path: 'a', ours: 1, theirs: '1' }]],
  ])('of %j and %j are the innermost places', (ours, theirs, expected) => {
    expect(differencesOf(ours, theirs)).toEqual(expected)
  })

  it('that no documented deviation of the case accepts are undocumented', () => {
    const difference = { path: 'deployments.etl/nightly.description', ours: null, theirs: 'None' }

    expect(judge([difference], ['description-none'])).toEqual({ seen: ['description-none'], undocumented: [] })
    expect(judge([difference], ['image'])).toEqual({ seen: [], undocumented: [difference] })
    expect(judge([{ ...difference, theirs: 'Another' }], undefined).undocumented).toHaveLength(1)
  })

  it('are kept values only where the file does not decide', () => {
    const difference = { path: 'etl/nightly.paused', ours: true, theirs: false }

    expect(judgeKept([difference], 'deployments:\n- name: nightly\n')).toEqual([])
    expect(judgeKept([difference], 'deployments:\n- name: nightly\n  paused: false\n')).toEqual([difference])
  })
})

describe('automations that the file does not have', () => {
  const wanted = { name: 'after the import', tags: [] }
  const path = 'etl/nightly.automations'

  it.each([
    ['made by hand, as far as anybody can tell, are kept', { name: 'by hand', tags: [] }, 0],
    ['with the tag of this action are not', { name: 'left over', tags: ['prefect-ecs-deploy'] }, 1],
    ['with a name that only a deploy gives are not', { name: 'nightly__automation_2', tags: [] }, 1],
  ])('%s', (_, other, undocumented) => {
    expect(judgeKept([{ path, ours: [{ ...wanted, tags: ['prefect-ecs-deploy'] }, other], theirs: [wanted] }], '')).toHaveLength(undocumented)
    expect(judgeKept([{ path, ours: [other], theirs: [wanted] }], '')).toHaveLength(1)
  })
})

describe('a normalised workspace', () => {
  it('is the same for two servers that differ in ids and times only', () => {
    expect(normalise(aWorkspace('1'), new Date(0))).toEqual(normalise(aWorkspace('2'), new Date(0)))
  })

  it('still tells one rule, one automation and one limit from another', () => {
    const other = normalise(aWorkspace('2', { cron: '0 4 * * *' }), new Date(0))

    expect(differencesOf(normalise(aWorkspace('1'), new Date(0)), other).map(({ path }) => path)).toEqual(['deployments.etl/nightly.schedules[0].schedule.cron'])
  })
})

describe('identities', () => {
  it('are lost when what stays the same has another id', () => {
    expect(lostIdentities(aWorkspace('1'), aWorkspace('1'))).toEqual([])
    expect(lostIdentities(aWorkspace('1'), aWorkspace('1', { scheduleId: idOf('9', 'a') }))).toEqual([expect.stringContaining('schedule')])
  })
})

describe('what another project\'s file mentions', () => {
  const file = `
deployments:
- name: a
  entrypoint: flows/etl.py:etl
  parameters: {day: 1}
  schedules: [{cron: "0 3 * * *", parameters: {limit: 2}}]
  work_pool: {name: "{{ prefect.variables.our_pool }}", job_variables: {key: "{{ prefect.blocks.secret.api-key }}"}}
- name: b
  entrypoint: jobs.nightly.Loader
  work_pool: {name: gpu}
`

  it('is found: entrypoints with parameters, work pools, variables and blocks', () => {
    expect(entrypointsOf(file)).toEqual([
      { module: 'flows/etl.py', flow: 'etl', parameters: ['day', 'limit'] },
      { module: 'jobs/nightly.py', flow: 'Loader', parameters: [] },
    ])
    const { workPools, variables, blocks } = surroundingsOf([file])
    expect(workPools).toEqual(['value of our_pool', 'gpu'])
    expect(variables).toMatchObject({ our_pool: 'value of our_pool' })
    expect(blocks).toContainEqual({ type: 'secret', name: 'api-key', value: 'value of api-key' })
  })

  it('is found: absolute folders of pull steps', () => {
    const step = (folder: string) => `- prefect.deployments.steps.set_working_directory: {directory: ${folder}}\n`

    expect(foldersOf([step('/srv') + step('"/opt/prefect/shop"'), step('/srv') + step('"{{ clone.directory }}"')])).toEqual(['/opt/prefect/shop', '/srv'])
  })

  it('is made up: flows by the names of functions and of methods', () => {
    expect(flowModule([
      { module: 'a.py', flow: 'etl', parameters: ['day'] }, { module: 'a.py', flow: 'etl', parameters: ['limit'] }, { module: 'a.py', flow: 'Jobs.run', parameters: [] },
    ])).toBe(`from prefect import flow


@flow
def etl(day=None, limit=None):
    """Made for the parity check."""


class Jobs:
    @staticmethod
    @flow
    def run():
        """Made for the parity check."""

`)
  })
})

describe('random pairs', () => {
  it('are the same for the same seed, others for another, and each begins where the one before ended', () => {
    const names = (seed: number) => randomPairs(cases, 40, seed).map(({ from, to }) => [from.name, to.name])

    expect(names(7)).toEqual(names(7))
    expect(names(7)).not.toEqual(names(8))
    expect(names(7).slice(1).map(([from]) => from)).toEqual(names(7).slice(0, -1).map(([, to]) => to))
  })
})

function idOf(server: string, what: string): string {
  return `${server.repeat(8)}-0000-4000-8000-${what.repeat(12)}`
}

function aWorkspace(server: string, { cron = '0 3 * * *', scheduleId = idOf(server, 'a') } = {}): WorkspaceState {
  const [flow, deployment] = [idOf(server, 'b'), idOf(server, 'c')]
  const times = { created: `2026-01-0${server}T00:00:00Z`, updated: `2026-01-0${server}T00:00:00Z` }
  const schedule = { id: scheduleId, deployment_id: deployment, slug: null, active: true, schedule: { cron }, parameters: {}, ...times }
  return {
    flows: [{ id: flow, name: 'etl' }],
    deployments: [{
      id: deployment, name: 'nightly', flowName: 'etl', flow_id: flow, labels: { 'prefect.flow.id': flow }, pull_steps: server === '1' ? null : [],
      schedules: [schedule], global_concurrency_limit: { id: idOf(server, 'd'), name: `deployment:${deployment}`, limit: 1, active: true }, ...times,
    }],
    automations: [{ id: idOf(server, 'e'), name: 'after', actions: [{ type: 'run-deployment', deployment_id: deployment }], trigger: { id: idOf(server, 'f'), type: 'event' } }],
    workPools: [], workQueues: [], concurrencyLimits: [], flowRuns: [],
  }
}
