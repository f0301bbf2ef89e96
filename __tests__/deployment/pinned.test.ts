import { describe, expect, it } from '@jest/globals'
import { aConfig, aFlow, aLiveDeployment, aPool, ARN, desire, IMAGE, REPOSITORY } from '../../__fixtures__/prefect-files/deployments.ts'
import { flowOfLive, pinnedTo } from '../../src/deployment/pinned.ts'
import type { PinnedOptions } from '../../src/deployment/pinned.ts'
import { planDeployment } from '../../src/deployment/plan.ts'
import type { JsonObject } from '../../src/planned.ts'

const RESULTS = { image: IMAGE, 'taskDefinition flows': ARN }
const SET_DIRECTORY = 'prefect.deployments.steps.set_working_directory'

function pinned(lines = '', overrides: Partial<PinnedOptions> = {}) {
  return pinnedTo({
    live: [aLiveDeployment()],
    config: aConfig(lines),
    pool: aPool(),
    image: { name: REPOSITORY, tag: 'abc123' },
    families: [],
    lookups: new Map(),
    environment: { BRANCH: 'main' },
    results: RESULTS,
    ...overrides,
  })
}
const live = (fields: JsonObject, more = {}) => ({ live: [aLiveDeployment({ fields, ...more })] })

describe('a deployment that runs this image already', () => {
  it.each<[string, string, Partial<PinnedOptions>]>([
    ['by its image', '', {}],
    [
      'by its task definition',
      '',
      { ...live({ job_variables: { task_definition_arn: ARN } }), pool: aPool(['task_definition_arn']), families: ['flows'] },
    ],
    ['whatever else changes', 'tags: [a]\nparameters: {limit: 3}', live({ tags: ['b'] })],
    [
      'beside others of its name',
      '',
      { live: [aLiveDeployment(), aLiveDeployment({ id: 'd2', flowName: 'other', fields: { entrypoint: 'other.py:etl' } })] },
    ],
    ['in any absolute directory', '', live({ pull_steps: [{ [SET_DIRECTORY]: { directory: '/app' } }] })],
    [
      'with pull steps of the file',
      'pull: [{clone: {branch: "{{ $BRANCH }}", token: "{{ prefect.blocks.secret.t }}"}}]',
      live({ pull_steps: [{ clone: { branch: 'main', token: '{{ prefect.blocks.secret.t }}' } }] }),
    ],
    ['without pull steps', 'pull: []', live({ pull_steps: null })],
  ])('is found %s', (_, lines, overrides) => {
    expect(pinned(lines, overrides)?.id).toBe('d1')
  })

  it.each<[string, string, Partial<PinnedOptions>]>([
    ['it is not there', '', { live: [] }],
    ['it has another name', '', { live: [aLiveDeployment({ name: 'hourly' })] }],
    ['it has another entrypoint', '', live({ entrypoint: 'old.py:etl' })],
    ['two are the same but for their flow', '', { live: [aLiveDeployment(), aLiveDeployment({ id: 'd2', flowName: 'renamed' })] }],
    ['it runs another image', '', live({ job_variables: { image: 'old' } })],
    ['it has no image', '', live({ job_variables: {} })],
    ['the image is not known yet', '', { results: {} }],
    ['it is to get a task definition', '', { pool: aPool(['image', 'task_definition_arn']), families: ['flows'] }],
    ['its worker runs it', '', { pool: aPool([], 'process') }],
    ['its pull steps are others', '', live({ pull_steps: [{ clone: {} }] })],
    ['its directory is relative', '', live({ pull_steps: [{ [SET_DIRECTORY]: { directory: 'app' } }] })],
    ['the file has no pull steps any more', 'pull: []', {}],
    [
      'a pull step of the file changed',
      'pull: [{clone: {branch: "{{ $BRANCH }}"}}]',
      live({ pull_steps: [{ clone: { branch: 'other' } }] }),
    ],
    ['its schema is missing', '', live({ parameter_openapi_schema: null })],
  ])('is not found when %s', (_, lines, overrides) => {
    expect(pinned(lines, overrides)).toBeUndefined()
  })

  it('tells the flow, so that nothing of it changes', () => {
    const deployment = aLiveDeployment({ fields: { description: 'Set by the docstring.', version: '1' } })
    const flow = flowOfLive(deployment)

    expect(flow).toEqual(aFlow({ description: 'Set by the docstring.', version: '1' }))
    expect(planDeployment(desire(aConfig(), { flow }).desired, deployment, RESULTS).action).toBe('unchanged')
  })
})
