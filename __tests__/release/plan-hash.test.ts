import { describe, expect, it } from '@jest/globals'
import { aCopy, aDefinition, aScript, planLayers } from '../../__fixtures__/plans.ts'
import type { LayersOptions } from '../../__fixtures__/plans.ts'
import { aLiveDeployment, aPool, desired, IMAGE, REPOSITORY } from '../../__fixtures__/prefect-files/deployments.ts'
import { planDeployment } from '../../src/deployment/plan.ts'
import { contentOf, differingLayers, hashOf } from '../../src/release/plan-hash.ts'
import { PlannedText, resolve, resultOf } from '../../src/planned.ts'
import type { Change, Planned, Result, Results } from '../../src/planned.ts'
import type { LayerPlans } from '../../src/release.ts'
import type { WorkPoolPlan } from '../../src/work-pool/plan.ts'

const STDOUT: Result = 'step 1 stdout'

function hash(layers: Partial<LayerPlans> = {}, options: LayersOptions = {}): string {
  const planned = planLayers(options)
  return hashOf(contentOf({ ...planned.layers, ...layers }, planned.results))
}

function aPoolPlan(overrides: Partial<WorkPoolPlan> = {}): WorkPoolPlan {
  return { name: 'ecs', action: 'update', changes: [], pool: aPool(), sharedWith: [], body: {}, undoBody: {}, ...overrides }
}

const NOTHING = hash()

describe('several task definitions in the hash', () => {
  const [flows, large] = [{ wanted: aDefinition() }, { wanted: aDefinition(IMAGE, { family: 'large' }) }]
  const both = (one = flows, other = large) => hash({}, { definition: { ...one, others: [other] } })

  it('are one layer, whatever their order', () => {
    expect(both(large, flows)).toBe(both())
    expect(differingLayers(both(), hash({}, { definition: flows }))).toEqual(['taskDefinition'])
  })

  it.each([
    ['the content of one', flows, { wanted: aDefinition(IMAGE, { family: 'large', cpu: '512' }) }],
    ['whether one is registered', flows, { ...large, live: large.wanted }],
    ['which of them has a content', { wanted: aDefinition(IMAGE, { cpu: '512' }) }, large],
  ])('tell plans apart by %s', (_, one, other) => {
    expect(hash({}, { isPushed: true, definition: { ...one, others: [other] } })).not.toBe(hash({}, { isPushed: true, definition: { ...flows, others: [large] } }))
  })

  it('count in deployments the same whether their revisions are known', () => {
    const deployments = (results: Results) => [planDeployment(
      desired('work_pool: {name: ecs, job_variables: {task_definition_arn: "{{ task_definition_arn.large }}"}}', { pool: aPool(['task_definition_arn']), families: ['flows', 'large'] }),
      undefined, results,
    )]
    const known = { ...large, live: large.wanted }
    const hashes = [large, known].map((each) => hash({}, { isPushed: true, deployments, definition: { ...flows, others: [each] } }))

    expect(differingLayers(hashes[0] ?? '', hashes[1] ?? '')).toEqual(['taskDefinition'])
  })
})

describe('work pools in the hash', () => {
  const path = 'base_job_template.variables.properties.image.default'
  const pinning = (after: Planned, before = `${REPOSITORY}@sha256:old`) => ({ workPools: [aPoolPlan({ changes: [{ path, before, after }] })] })
  const image = resultOf('image')

  it('are part of the deployments', () => {
    expect(differingLayers(hash(pinning(image)), NOTHING)).toEqual(['deployments'])
  })

  it('count the same whether the image that is pinned in them is built or reused', () => {
    expect(hash(pinning(resolve(image, { image: IMAGE })), { isPushed: true })).toBe(hash(pinning(image), { isPushed: false }))
  })

  it.each<[string, Partial<LayerPlans>]>([
    ['what a field becomes', pinning('another/image:1')],
    ['what a field was', pinning(image, `${REPOSITORY}@sha256:older`)],
    ['whether one is created', { workPools: [{ ...aPoolPlan(pinning(image).workPools[0]), action: 'create' }] }],
    ['the name of one', { workPools: [{ ...aPoolPlan(pinning(image).workPools[0]), name: 'ecs-large' }] }],
    ['a second one', { workPools: [...pinning(image).workPools, aPoolPlan({ name: 'ecs-large', action: 'create' })] }],
  ])('tell plans apart by %s', (_, layers) => {
    expect(hash(layers)).not.toBe(hash(pinning(image)))
  })

  it('leave out one that stays as it is', () => {
    expect(hash({ workPools: [aPoolPlan({ action: 'unchanged' })] })).toBe(NOTHING)
  })

  it('leave out who else uses them, which others decide', () => {
    expect(hash({ workPools: [aPoolPlan({ sharedWith: ['crm/sync'] })] })).toBe(hash({ workPools: [aPoolPlan()] }))
  })
})

describe('steps in the hash', () => {
  it('are part of the deployments', () => {
    expect(differingLayers(hash({ steps: [aCopy(3)] }), NOTHING)).toEqual(['deployments'])
    expect(differingLayers(hash({ steps: [aScript()] }), NOTHING)).toEqual(['deployments'])
  })

  it.each<[string, LayerPlans['steps']]>([
    ['how many files are copied', [aScript(), aCopy(4)]],
    ['where they are copied to', [aScript(), aCopy(3, { target: 's3://acme-flows/other' })]],
    ['what a script does', [aScript({ script: 'make all' }), aCopy(3)]],
    ['their order', [aCopy(3), aScript()]],
    ['one that is missing', [aCopy(3)]],
  ])('tell plans apart by %s', (_, steps) => {
    expect(hash({ steps })).not.toBe(hash({ steps: [aScript(), aCopy(3)] }))
  })

  it('leave out a copy of files that are all there', () => {
    expect(hash({ steps: [aCopy(0)] })).toBe(NOTHING)
  })
})

describe('what a script prints, in the hash', () => {
  const printed = resultOf(STDOUT)
  const updating = (...changes: Change[]) => (): LayerPlans['deployments'] => {
    const plan = planDeployment(desired('tags: [a]'), aLiveDeployment({ fields: { tags: ['a'] } }), { image: IMAGE })
    return [{ ...plan, action: 'update', changes }]
  }
  const hashWith = (...changes: Change[]) => hash({}, { isPushed: true, deployments: updating(...changes) })
  const change: Change = { path: 'job_variables.env.REVISION', before: 'abc1234', after: printed }

  it.each<[string, Change]>([
    ['alone', change],
    ['in a text', { ...change, after: new PlannedText(['built from ', { result: STDOUT }]) }],
    ['in a list', { ...change, before: ['abc1234'], after: ['x', printed] }],
    ['in a mapping', { ...change, before: { a: 'abc1234' }, after: { a: printed } }],
  ])('leaves out what an earlier script printed in its place: %s', (_, each) => {
    expect(hashWith({ ...each, before: 'def5678' })).toBe(hashWith(each))
  })

  it.each<[string, Change]>([
    ['its place', { ...change, path: 'job_variables.env.COMMIT' }],
    ['the text around it', { ...change, after: new PlannedText(['built from ', { result: STDOUT }]) }],
    ['the script that prints it', { ...change, after: resultOf('step 2 stdout') }],
  ])('tells plans apart by %s', (_, other) => {
    expect(hashWith(other)).not.toBe(hashWith(change))
  })

  it('leaves everything else in: what an image replaces counts', () => {
    const replaced: Change = { ...change, after: resultOf('image') }

    expect(hashWith({ ...replaced, before: 'def5678' })).not.toBe(hashWith(replaced))
  })
})
