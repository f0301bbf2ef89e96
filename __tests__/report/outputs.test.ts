import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import { revisionArn } from '../../__fixtures__/fake-task-definitions.ts'
import { aCopy, anOutcome, aPlannedDeployment, aPlannedTaskDefinition, aPlannedWorkPool, aReleasePlan, pageOf, TAG } from '../../__fixtures__/plans.ts'
import { IMAGE } from '../../__fixtures__/prefect-files/deployments.ts'
import type { ReleasePlan } from '../../src/release-plan.ts'
import { computeOutputs } from '../../src/report/outputs.ts'

const PLAN_FILE = '/runner/temp/plan.json'
const created = { name: 'etl/hourly', id: 'd2', action: 'create', url: pageOf('d2') } as const
const updated = { name: 'etl/nightly', id: 'd1', action: 'update', url: pageOf('d1') } as const

describe('the outputs', () => {
  it('are exactly those that action.yml declares', () => {
    const action = parse(readFileSync(new URL('../../action.yml', import.meta.url), 'utf8')) as { outputs: object }

    expect(Object.keys(computeOutputs(aReleasePlan(), anOutcome(), PLAN_FILE)).sort()).toEqual(Object.keys(action.outputs).sort())
  })

  it('of a first release have what it has made', () => {
    const plan = aReleasePlan({
      image: { ...aReleasePlan().image, action: 'build', reference: null },
      taskDefinitions: [aPlannedTaskDefinition({ action: 'register', arn: null, previousArn: null })],
      service: null,
      deployments: [aPlannedDeployment({ name: 'etl/hourly', id: null, action: 'create', url: null })],
    })
    const outcome = anOutcome({
      image: { reference: IMAGE, digest: 'sha256:new', tag: TAG, built: true },
      revisions: { flows: revisionArn('flows', 1) },
      serviceStatus: undefined,
      deployments: [created],
      record: 'release-default-1',
    })

    expect(computeOutputs(plan, outcome, PLAN_FILE)).toEqual({
      image: IMAGE,
      'image-digest': 'sha256:new',
      'image-tag': TAG,
      'image-built': 'true',
      'task-definition-arn': revisionArn('flows', 1),
      'previous-task-definition-arn': '',
      'task-definitions': `[{"family":"flows","action":"register","arn":"${revisionArn('flows', 1)}","previousArn":null}]`,
      'service-status': '',
      changed: 'true',
      deployments: '[{"name":"etl/hourly","id":"d2","action":"create","url":"https://prefect.example/deployments/deployment/d2"}]',
      created: '1',
      updated: '0',
      unchanged: '0',
      plan: PLAN_FILE,
      'plan-hash': '0123456789abcdef'.repeat(4),
      record: 'release-default-1',
    })
  })

  it('of several task definitions are a list in the order of the input, and no single revision', () => {
    const taskDefinitions = [aPlannedTaskDefinition({ family: 'large', action: 'register', arn: null }), aPlannedTaskDefinition()]
    const outcome = anOutcome({ revisions: { flows: revisionArn('flows', 7), large: revisionArn('large', 8) } })

    const outputs = computeOutputs(aReleasePlan({ taskDefinitions }), outcome, PLAN_FILE)

    expect(outputs).toMatchObject({ 'task-definition-arn': '', 'previous-task-definition-arn': '' })
    expect(JSON.parse(outputs['task-definitions'] ?? '')).toEqual([
      { family: 'large', action: 'register', arn: revisionArn('large', 8), previousArn: revisionArn('flows', 7) },
      { family: 'flows', action: 'unchanged', arn: revisionArn('flows', 7), previousArn: revisionArn('flows', 7) },
    ])
  })

  it('of a release without a change say so', () => {
    expect(computeOutputs(aReleasePlan(), anOutcome(), PLAN_FILE)).toMatchObject({
      image: IMAGE, 'image-built': 'false', 'task-definition-arn': revisionArn('flows', 7), 'service-status': 'unchanged',
      changed: 'false', created: '0', updated: '0', unchanged: '1',
    })
  })

  it('say that there are changes when only a work pool or S3 changes', () => {
    const changed = (plan: Partial<ReleasePlan>) => computeOutputs(aReleasePlan(plan), anOutcome(), PLAN_FILE).changed

    expect(changed({ workPools: [aPlannedWorkPool({ action: 'update' })] })).toBe('true')
    expect(changed({ steps: [aCopy(3)] })).toBe('true')
    expect(changed({ workPools: [aPlannedWorkPool()], steps: [aCopy(0)] })).toBe('false')
  })

  it('of a plan leave out what is known only after the push and after the registration', () => {
    const plan = aReleasePlan({
      dryRun: true,
      image: { ...aReleasePlan().image, action: 'build', reference: null },
      taskDefinitions: [aPlannedTaskDefinition({ action: 'register', arn: null, previousArn: revisionArn('flows', 6) })],
    })
    const outcome = anOutcome({ image: undefined, revisions: {}, serviceStatus: 'planned', deployments: [updated] })

    expect(computeOutputs(plan, outcome, PLAN_FILE)).toMatchObject({
      image: '', 'image-digest': '', 'image-tag': TAG, 'image-built': 'false', 'task-definition-arn': '',
      'previous-task-definition-arn': revisionArn('flows', 6), 'service-status': 'planned',
      changed: 'true', created: '0', updated: '1', unchanged: '0',
    })
  })

  it('of a redeploy by digest have no tag', () => {
    const plan = aReleasePlan({ image: { ...aReleasePlan().image, action: 'use', tag: null, fingerprint: null } })
    const outcome = anOutcome({ image: { reference: IMAGE, digest: 'sha256:new', tag: undefined, built: false } })

    expect(computeOutputs(plan, outcome, PLAN_FILE)).toMatchObject({ image: IMAGE, 'image-tag': '', 'image-built': 'false' })
  })

  it('of a plan without credentials count nothing that was not compared', () => {
    const unknown = aPlannedDeployment({ action: 'unknown', id: null, url: null })
    const image = { ...aReleasePlan().image, action: 'unknown', reference: null } as const
    const plan = aReleasePlan({ image, service: null, deployments: [unknown] })
    const outcome = anOutcome({ image: undefined, revisions: {}, serviceStatus: undefined, deployments: [unknown] })

    expect(computeOutputs(plan, outcome, PLAN_FILE)).toMatchObject({ changed: 'false', created: '0', updated: '0', unchanged: '0' })
  })

  it('are empty, not absent, without task definition and service', () => {
    const plan = aReleasePlan({ taskDefinitions: [], service: null })
    const outcome = anOutcome({ revisions: {}, serviceStatus: undefined })

    expect(computeOutputs(plan, outcome, PLAN_FILE)).toMatchObject({
      'task-definition-arn': '', 'previous-task-definition-arn': '', 'service-status': '',
    })
  })
})
