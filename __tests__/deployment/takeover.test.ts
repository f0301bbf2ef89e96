import { describe, expect, it } from '@jest/globals'
import { aConfig, aLiveDeployment, aPool, ARN, desire, IMAGE } from '../../__fixtures__/prefect-files/deployments.ts'
import { isTakeover } from '../../src/deployment/takeover.ts'
import type { JsonObject } from '../../src/planned.ts'

const withArn = { pool: aPool(['image', 'task_definition_arn']), families: ['flows'] }
const ownImage = 'work_pool: {name: ecs, job_variables: {image: "repo:own"}}'

describe('a takeover', () => {
  it.each<[string, JsonObject | null, boolean, string, Parameters<typeof desire>[1]]>([
    ['an image by its tag', { image: 'repo:latest' }, true, '', {}],
    ['no image', {}, true, '', {}],
    ['no job variables', null, true, '', {}],
    ['an image by its digest', { image: IMAGE }, false, '', {}],
    ['a task definition by its family', { task_definition_arn: ARN.replace(/:7$/, '') }, true, '', withArn],
    ['a revision of a task definition', { task_definition_arn: ARN }, false, '', withArn],
    ['an image by its digest before there was a task definition', { image: IMAGE }, false, '', withArn],
    ['a tag, in a pool whose worker runs the flows', { image: 'repo:latest' }, false, '', { pool: aPool([], 'process') }],
    ['a tag, with an image of the file', { image: 'repo:latest' }, false, ownImage, {}],
  ])('of a deployment that has %s: %j is %s', (_, jobVariables, expected, lines, overrides) => {
    const live = aLiveDeployment({ fields: { job_variables: jobVariables } })
    expect(isTakeover(desire(aConfig(lines), overrides).desired, live)).toBe(expected)
  })
})
