import { describe, expect, it } from '@jest/globals'
import { aConfig, aLiveDeployment, aPool, ARN, desire, errorOf, IMAGE, REPOSITORY } from '../../__fixtures__/prefect-files/deployments.ts'
import { anEcsPool, aTaskDefinition } from '../../__fixtures__/prefect-files/ecs-pool.ts'
import { poolPinOf } from '../../src/deployment/job-image.ts'
import { pinnedTo } from '../../src/deployment/pinned.ts'
import type { PinnedOptions } from '../../src/deployment/pinned.ts'
import { trapsOf } from '../../src/deployment/traps.ts'
import { resultOf } from '../../src/planned.ts'
import type { JsonObject } from '../../src/planned.ts'

const withVariables = (variables: string) => aConfig(`work_pool: {name: ecs, job_variables: {${variables}}}`)

describe('a deployment whose image is pinned in its pool', () => {
  it.each<[string, boolean, string, JsonObject]>([
    ['none where the file has none', false, '', {}],
    ['none for the ARN', true, '', {}],
    ['none where the file templates it', false, 'image: "{{ build-image.image }}", cpu: 5', { cpu: 5 }],
    ['none where the file spells it out', false, 'image: "{{ image_name }}:{{ tag }}"', {}],
    ['none where the file takes the default away', false, 'image: null', {}],
    ['no ARN where the file templates it', true, 'task_definition_arn: "{{ task_definition_arn }}", image: "{{ image }}"', {}],
    ['one of its own', false, 'image: "other:1"', { image: 'other:1' }],
    ['an ARN of its own', true, 'task_definition_arn: "other:1"', { task_definition_arn: 'other:1' }],
  ])('has %s', (_, hasTaskDefinition, variables, expected) => {
    const { desired } = desire(withVariables(variables), { pool: anEcsPool(), families: hasTaskDefinition ? ['flows'] : [], pin: 'pool' })

    expect(desired.fields.job_variables).toEqual(expected)
  })

  it('is warned of an image of its own, and refused one beside a task definition, as ever', () => {
    const own = withVariables('image: "other:1"')

    expect(desire(own, { pin: 'pool' }).warnings).toMatchObject([{ code: 'image-ignored' }])
    expect(errorOf(() => desire(own, { pool: anEcsPool(), families: ['flows'], pin: 'pool' }))).toMatchObject({ code: 'job-variables-invalid' })
  })

  it.each([
    [{ pool: anEcsPool(), families: ['flows'] }, { task_definition_arn: resultOf('taskDefinition flows') }],
    [{ pool: anEcsPool(), families: [] }, { image: resultOf('image') }],
    [{ pool: aPool([], 'process'), families: [] }, {}],
    [{ pool: anEcsPool(), families: ['flows'], pin: 'deployment' as const }, {}],
  ])('leaves to the pool what its workers take: %#', (options, expected) => {
    expect(poolPinOf({ config: aConfig(), pin: 'pool', ...options })).toEqual(expected)
  })
})

describe('a deployment that runs this image already by its pool', () => {
  const pinned = (overrides: Partial<PinnedOptions> = {}) =>
    pinnedTo({
      live: [aLiveDeployment({ fields: { job_variables: {} } })], config: aConfig(), pool: anEcsPool(), livePool: anEcsPool({ image: IMAGE }),
      image: { name: REPOSITORY, tag: 'abc123' }, families: [], lookups: new Map(), environment: {}, results: { image: IMAGE, 'taskDefinition flows': ARN },
      pin: 'pool', ...overrides,
    })?.id

  it.each<[string, Partial<PinnedOptions>]>([
    ["by the pool's image", {}],
    ["by the pool's task definition", { families: ['flows'], livePool: anEcsPool({ task_definition_arn: ARN }) }],
    ['by a pin of its own, which is to go', { live: [aLiveDeployment()], livePool: anEcsPool({ image: 'old' }) }],
  ])('is found %s', (_, overrides) => {
    expect(pinned(overrides)).toBe('d1')
  })

  it.each<[string, Partial<PinnedOptions>]>([
    ['the pool has another image', { livePool: anEcsPool({ image: 'old' }) }],
    ['the pool will have it, and has it not', { pool: anEcsPool({ image: IMAGE }), livePool: anEcsPool() }],
    ['the pool is missing', { livePool: undefined }],
    ['it has an image of its own', { live: [aLiveDeployment({ fields: { job_variables: { image: 'old' } } })] }],
    ['it is still in another pool', { live: [aLiveDeployment({ fields: { job_variables: {}, work_pool_name: 'other' } })] }],
    ['deployments are to be pinned', { pin: 'deployment' }],
  ])('is not found when %s', (_, overrides) => {
    expect(pinned(overrides)).toBeUndefined()
  })
})

describe('the traps of a pool that is to be pinned', () => {
  const config = aConfig()
  const traps = (pool = anEcsPool(), taskDefinition = aTaskDefinition()) => {
    const { desired } = desire(config, { pool, families: ['flows'], pin: 'pool' })
    return trapsOf([{ desired, config, pool }], [taskDefinition], 'pool')
  }

  it('are those of this release\'s task definition, which the pool does not have yet', () => {
    const secret = [{ name: 'PREFECT_API_KEY', valueFrom: 'arn' }]

    const { problems } = traps(anEcsPool({ task_definition_arn: 'old' }), aTaskDefinition({ containerDefinitions: [{ name: 'prefect', image: 'flows', secrets: secret }] }))

    expect(problems).toMatchObject([{ code: 'secret-mismatch', message: expect.stringContaining('has the secret PREFECT_API_KEY') }])
  })

  it('are none for a pool that fits', () => {
    expect(traps()).toEqual({ problems: [], warnings: [] })
  })
})
