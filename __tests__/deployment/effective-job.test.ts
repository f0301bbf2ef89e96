import { describe, expect, it } from '@jest/globals'
import { anEcsPool } from '../../__fixtures__/prefect-files/ecs-pool.ts'
import { effectiveJob, variablesOf } from '../../src/deployment/effective-job.ts'
import { resultOf } from '../../src/planned.ts'

const REQUEST = 'task_run_request'

describe('a setting of a run', () => {
  it.each([
    ['what the template says outright', { 'task_run_request.launchType:': 'EC2', launch_type: 'EXTERNAL' }, { launch_type: 'FARGATE' },
      { value: 'EC2', origin: 'pool template', variable: undefined }],
    ['what the deployment says', { launch_type: 'EXTERNAL' }, { launch_type: 'EC2' },
      { value: 'EC2', origin: 'deployment', variable: 'launch_type' }],
    ["the pool's default", { launch_type: 'EXTERNAL' }, {}, { value: 'EXTERNAL', origin: 'pool default', variable: 'launch_type' }],
    ['nothing where the deployment says null', { launch_type: 'EXTERNAL' }, { launch_type: null }, undefined],
    ['nothing where nobody says it', { launch_type: null }, {}, undefined],
    ['put together of text and variables', { 'task_run_request.launchType:': '{{ family }}-{{ cluster }}', cluster: 'c' }, { family: 'f' },
      { value: 'f-c', origin: 'deployment', variable: 'family' }],
    ['one entry of a variable', { 'task_run_request.launchType:': '{{ labels.type }}' }, { labels: { type: 'EC2' } },
      { value: 'EC2', origin: 'deployment', variable: 'labels' }],
    ['what only the worker can resolve', { 'task_run_request.launchType:': '{{ prefect.blocks.string.x }}' }, {},
      { value: '{{ prefect.blocks.string.x }}', origin: 'pool template', variable: undefined }],
  ])('is %s', (_, settings, jobVariables, expected) => {
    expect(effectiveJob(jobVariables, anEcsPool(settings)).setting(REQUEST, 'launchType')).toEqual(expected)
  })

  it('may be a result of this release', () => {
    const { setting } = effectiveJob({ task_definition_arn: resultOf('taskDefinition flows') }, anEcsPool())

    expect(setting(REQUEST, 'taskDefinition')).toMatchObject({ value: resultOf('taskDefinition flows'), origin: 'deployment' })
  })

  it('is found at every place of its variable', () => {
    const { usesOf } = effectiveJob({}, anEcsPool())

    expect(usesOf('container_name')).toEqual([
      ['task_definition', 'containerDefinitions', 0, 'name'], [REQUEST, 'overrides', 'containerOverrides', 0, 'name'], ['container_name'],
    ])
    expect(usesOf('nothing')).toEqual([])
  })
})

describe('the environment of a run', () => {
  it.each([
    [{}, { env: { A: 'own' } }, { A: 'own' }],
    [{ env: { A: 'pool', B: 'pool' } }, { env: { A: 'own' } }, { A: 'own', B: 'pool' }],
    [{ 'env:': { A: 'template', B: 'template' } }, { env: { A: 'own' } }, { A: 'own', B: 'template' }],
    [{ env: { A: 'pool' } }, { 'env.B': 'own', env: { C: null } }, { A: 'pool', B: 'own', C: null }],
  ])('of pool %j and deployment %j is %j', (settings, jobVariables, environment) => {
    expect(effectiveJob(jobVariables, anEcsPool(settings)).environment).toEqual(environment)
  })
})

it("tells the variables of a pool's schema, of one without too", () => {
  const pool = anEcsPool()

  expect(variablesOf(pool)).toEqual(expect.arrayContaining(['image', 'cpu', 'task_definition_arn']))
  expect(variablesOf({ ...pool, baseJobTemplate: {} })).toEqual([])
  expect(effectiveJob({}, { ...pool, baseJobTemplate: {} }).setting(REQUEST)).toBeUndefined()
})
