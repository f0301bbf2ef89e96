import { describe, expect, it } from '@jest/globals'
import { aFlow, aLiveDeployment, aLiveSchedule, desire } from '../../__fixtures__/prefect-files/deployments.ts'
import { planDeployment } from '../../src/deployment/plan.ts'
import type { DeploymentPlan } from '../../src/deployment/plan.ts'
import { parsePrefectFile } from '../../src/deployment/prefect-file.ts'
import { findUnlisted } from '../../src/deployment/unlisted.ts'
import type { JsonObject } from '../../src/planned.ts'
import type { LiveDeployment } from '../../src/prefect-ports.ts'

type Line = { readonly name: string; readonly flow?: string; readonly entrypoint?: string; readonly isPlanned?: boolean }

/** A file with these deployments in the pool `ecs`, of which those that are planned are selected. */
function find(lines: readonly Line[], live: readonly LiveDeployment[]) {
  const entries = lines.map(({ name, entrypoint = 'flows/etl.py:etl' }) => `- {name: "${name}", entrypoint: "${entrypoint}", work_pool: {name: ecs}}`)
  const configs = parsePrefectFile(`deployments:\n${entries.join('\n')}\n`, 'prefect.yaml').deployments
  const plans = lines.flatMap(({ flow = 'etl', isPlanned = true }, index): DeploymentPlan[] => {
    const config = configs[index]
    if (config === undefined || !isPlanned) return []
    const there = live.find((each) => each.name === config.name && each.flowName === flow)
    return [planDeployment(desire(config, { flow: aFlow({ name: flow }) }).desired, there, {})]
  })
  return findUnlisted({ live, configs, plans })
}
const live = (name: string, overrides: Partial<LiveDeployment> = {}, fields: JsonObject = {}) =>
  aLiveDeployment({ id: `id of ${name}`, name, schedules: [aLiveSchedule()], ...overrides, fields })
const names = (found: ReturnType<typeof find>) => found.unlisted.map(({ name, renamedTo }) => (renamedTo === undefined ? name : `${name} > ${renamedTo}`))

describe('what the file does not have', () => {
  it('is told of its flows in its pools, once, by name', () => {
    const found = find([{ name: 'nightly' }], [
      live('nightly'), live('weekly'), live('weekly'), live('hourly', { paused: true }), live('idle', { schedules: [aLiveSchedule({ active: false })] }),
      live('elsewhere', {}, { work_pool_name: 'other' }), live('foreign', { flowName: 'foreign' }), live('poolless', {}, { work_pool_name: null }),
    ])
    expect(found).toEqual({
      unlisted: [
        { name: 'etl/hourly', id: 'id of hourly', isActive: false, renamedTo: undefined },
        { name: 'etl/idle', id: 'id of idle', isActive: false, renamedTo: undefined },
        { name: 'etl/weekly', id: 'id of weekly', isActive: true, renamedTo: undefined },
      ],
      warnings: [],
    })
  })

  it('is told of a pool, too, that this release moves its deployments out of', () => {
    const agents = { work_pool_name: 'default-agent-pool' }
    expect(names(find([{ name: 'nightly' }], [live('nightly', {}, agents), live('local', {}, agents)]))).toEqual(['etl/local'])
  })

  it.each<[string, Line[], LiveDeployment[], string[]]>([
    ['is not what was not selected', [{ name: 'nightly' }, { name: 'weekly', isPlanned: false }], [live('weekly')], []],
    [
      'is a deployment whose name the file has for another flow',
      [{ name: 'nightly' }, { name: 'report', flow: 'report', entrypoint: 'report.py:report' }], [live('nightly'), live('report')], ['etl/report'],
    ],
    [
      'may be what a flow that was not read is called',
      [{ name: 'nightly' }, { name: 'weekly', entrypoint: 'other.py:other', isPlanned: false }], [live('weekly')], [],
    ],
    ['is not what an open name may be', [{ name: 'nightly' }, { name: '{{ $STAGE }}', isPlanned: false }], [live('prod')], []],
    ['is nothing of a flow that is not selected', [{ name: 'nightly', isPlanned: false }], [live('weekly')], []],
  ])('%s', (_, lines, deployments, expected) => {
    expect(names(find(lines, deployments))).toEqual(expected)
  })
})

describe('a rename', () => {
  it('is a new deployment with the code of an old one', () => {
    const found = find([{ name: 'hourly' }, { name: 'new' }], [live('hourly'), live('old')])
    expect(names(found)).toEqual(['etl/old > etl/new'])
    expect(found.warnings).toMatchObject([{ code: 'deployment-renamed', message: expect.stringContaining('etl/old'), location: { line: 3 } }])
  })

  it('is a new flow with the deployment of an old one, also outside of the flows of the file', () => {
    const found = find([{ name: 'nightly', flow: 'new-etl' }], [live('nightly'), live('other', { flowName: 'etl' })])
    expect(names(found)).toEqual(['etl/nightly > new-etl/nightly'])
    expect(found.warnings).toHaveLength(1)
  })

  it.each<[string, Line[], LiveDeployment[], string[]]>([
    ['two new ones', [{ name: 'new' }, { name: 'newer' }], [live('old')], ['etl/old']],
    ['two old ones', [{ name: 'new' }], [live('old'), live('older')], ['etl/old', 'etl/older']],
    ['other code', [{ name: 'new' }], [live('old', {}, { entrypoint: 'old.py:etl' })], ['etl/old']],
    ['another pool of the old flow', [{ name: 'nightly', flow: 'new-etl' }], [live('nightly', {}, { work_pool_name: 'other' })], []],
    ['nothing new', [{ name: 'nightly' }], [live('nightly'), live('old')], ['etl/old']],
  ])('is none with %s', (_, lines, deployments, expected) => {
    const found = find(lines, deployments)
    expect(names(found)).toEqual(expected)
    expect(found.warnings).toEqual([])
  })

  it('needs no warning once the old one is paused', () => {
    const found = find([{ name: 'new' }], [live('old', { paused: true })])
    expect(names(found)).toEqual(['etl/old > etl/new'])
    expect(found.warnings).toEqual([])
  })
})
