import { describe, expect, it } from '@jest/globals'
import { aConfig, aFlow, aLiveDeployment, errorOf } from '../../__fixtures__/prefect-files/deployments.ts'
import { flowElsewhere } from '../../src/deployment/code-elsewhere.ts'

const LOCATION = { file: 'prefect.yaml', line: 8 }

describe('the flow of a deployment whose code is in another repository', () => {
  it('is that of the live deployment of its name and entrypoint', () => {
    const others = [aLiveDeployment({ name: 'other' }), aLiveDeployment({ fields: { entrypoint: 'other.py:etl' } })]

    expect(flowElsewhere(aConfig(), [...others, aLiveDeployment()], LOCATION)).toEqual(aFlow())
  })

  it.each([
    ['none', 'no deployment', []],
    ['another name', 'no deployment', [aLiveDeployment({ name: 'other' })]],
    ['another entrypoint', 'no deployment', [aLiveDeployment({ fields: { entrypoint: 'other.py:etl' } })]],
    ['two flows', '2 deployments', [aLiveDeployment(), aLiveDeployment({ flowName: 'other' })]],
  ])('cannot be had from %s', (_, found, live) => {
    const error = errorOf(() => flowElsewhere(aConfig(), live, LOCATION))

    expect(error).toMatchObject({ code: 'step-unsupported', location: LOCATION })
    expect(error.message).toMatch(/^deployment "nightly" pulls its code from elsewhere/)
    expect(error.message).toContain(`the server has ${found} of this name and entrypoint`)
  })
})
