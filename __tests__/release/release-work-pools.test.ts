import { describe, expect, it } from '@jest/globals'
import { createFakeClock } from '../../__fixtures__/fake-clock.ts'
import { createFakeWorkspace } from '../../__fixtures__/fake-workspace.ts'
import { aConfig, aLiveDeployment, aPool, ARN, desire, errorOf, IMAGE } from '../../__fixtures__/prefect-files/deployments.ts'
import { anEcsPool } from '../../__fixtures__/prefect-files/ecs-pool.ts'
import { planDeployment } from '../../src/deployment/plan.ts'
import type { JsonObject } from '../../src/planned.ts'
import { manageWorkPools, planWorkPools, poolsAfter, surveyWorkPools } from '../../src/release/release-work-pools.ts'
import type { WorkPoolRequest } from '../../src/release/release-work-pools.ts'
import { parseTemplate } from '../../src/work-pool/template.ts'

const template = (fields: JsonObject = {}) => parseTemplate(JSON.stringify({ base_job_template: anEcsPool().baseJobTemplate, ...fields }), 'pool.json')
const inPool = (name: string) => aConfig(`work_pool: {name: "${name}"}`)

function manage(overrides: Partial<WorkPoolRequest> = {}) {
  return manageWorkPools({ template: undefined, configs: [aConfig()], live: [anEcsPool()], pin: 'deployment', families: [], ...overrides })
}

describe('the pools that a release manages', () => {
  it.each<[string, Partial<WorkPoolRequest>, readonly (readonly [string, boolean, string | undefined])[]]>([
    ['none by themselves', {}, []],
    ['the one that the deployments run in, by a template without name', { template: template() }, [['ecs', true, undefined]]],
    ['the one that the template names', { template: template({ name: 'other' }), live: [anEcsPool(), anEcsPool({}, { name: 'other' })] }, [['other', true, undefined]]],
    ['one that is missing', { template: template(), live: [] }, [['ecs', true, undefined]]],
    ['with pin: pool all that are used, by image', { pin: 'pool', configs: [aConfig(), aConfig('tags: [a]'), inPool('two')], live: [anEcsPool(), anEcsPool({}, { name: 'two' })] },
      [['ecs', false, 'image'], ['two', false, 'image']]],
    ['by task definition, where there is one', { pin: 'pool', families: ['flows'] }, [['ecs', false, 'task_definition_arn']]],
    ['by image, where the pool takes no task definition', { pin: 'pool', families: ['flows'], live: [aPool()] }, [['ecs', false, 'image']]],
    ['by what the new template takes', { pin: 'pool', families: ['flows'], template: template(), live: [aPool()] }, [['ecs', true, 'task_definition_arn']]],
    ['by template and pin, also when it is missing', { pin: 'pool', template: template(), live: [] }, [['ecs', true, 'image']]],
    ['no pool of processes', { pin: 'pool', live: [aPool([], 'process')] }, []],
  ])('are %s', (_, request, expected) => {
    expect(manage(request).map(({ name, template: from, pin }) => [name, from !== undefined, pin?.variable])).toEqual(expected)
  })

  it.each<[string, Partial<WorkPoolRequest>, string, RegExp]>([
    ['a template for one of several pools', { template: template(), configs: [aConfig(), inPool('two')] }, 'work-pool-template-invalid', /several work pools: ecs, two/],
    ['a missing pool to pin', { pin: 'pool', live: [] }, 'work-pool-missing', /wants the work pool "ecs"/],
    ['a pool that takes no image', { pin: 'pool', live: [aPool(['env'])] }, 'work-pool-unsupported', /takes neither/],
    ["a pool of the server's own", { pin: 'pool', configs: [inPool('Prefect Managed')], live: [anEcsPool({}, { name: 'Prefect Managed' })] }, 'work-pool-unsupported', /keeps for itself/],
  ])('cannot be %s', (_, request, code, message) => {
    expect(errorOf(() => manage(request))).toMatchObject({ code, message: expect.stringMatching(message), location: { file: expect.any(String) } })
  })
})

describe('a new image with pin: pool', () => {
  const request = { pin: 'pool', families: ['flows'] } as const
  const plans = planWorkPools(manage(request), [anEcsPool({ task_definition_arn: 'old' })], { 'taskDefinition flows': ARN })

  it('is one write of the pool and none of its deployments', () => {
    const { desired } = desire(aConfig(), { ...request, pool: anEcsPool() })

    expect(plans).toMatchObject([{ name: 'ecs', action: 'update', changes: [{ before: 'old', after: ARN }] }])
    expect(planDeployment(desired, aLiveDeployment({ fields: { job_variables: {} } }), { image: IMAGE, 'taskDefinition flows': ARN })).toMatchObject({ action: 'unchanged', writes: [] })
  })

  it('takes the old pin of a deployment away, once', () => {
    const { desired } = desire(aConfig(), { ...request, pool: anEcsPool() })

    const plan = planDeployment(desired, aLiveDeployment({ fields: { job_variables: { task_definition_arn: 'old' } } }), { 'taskDefinition flows': ARN })

    expect(plan.changes).toEqual([{ path: 'job_variables.task_definition_arn', before: 'old', after: undefined }])
  })

  it('leaves the other pools as they are', () => {
    const other = anEcsPool({}, { name: 'other' })

    expect(poolsAfter(plans, [anEcsPool({ task_definition_arn: 'old' }), other])).toEqual([anEcsPool({ task_definition_arn: ARN }), other])
  })

  it('asks once who else runs in the pools that change, and not at all when none does', async () => {
    const workspace = createFakeWorkspace({ clock: createFakeClock(), deployments: [aLiveDeployment(), aLiveDeployment({ id: 'd2', flowName: 'other' })] })

    const { workPools, warnings } = await surveyWorkPools(plans, ['etl/nightly'], workspace.survey)
    await surveyWorkPools(plans.map((plan) => ({ ...plan, action: 'unchanged' as const })), [], workspace.survey)

    expect(workPools).toMatchObject([{ sharedWith: ['other/nightly'] }])
    expect(warnings).toMatchObject([{ code: 'pool-shared' }])
    expect(workspace.reads).toBe(1)
  })
})
