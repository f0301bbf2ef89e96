import { describe, expect, it } from '@jest/globals'
import { planViolations } from '../__fixtures__/plan-schema.ts'
import { aCopy, aPlannedDeployment, aPlannedTaskDefinition, aPlannedWorkPool, aReleasePlan, aScript } from '../__fixtures__/plans.ts'
import { aTaskDefinition, revisionArn } from '../__fixtures__/fake-task-definitions.ts'
import { aPool } from '../__fixtures__/prefect-files/deployments.ts'
import { aProject, PREFECT_FILE } from '../__fixtures__/project.ts'
import type { Project, ProjectOptions } from '../__fixtures__/project.ts'
import type { PlanValue } from '../src/plan-value.ts'
import type { ReleasePlan } from '../src/release-plan.ts'

type Situation = {
  readonly project?: ProjectOptions
  /** What happened before. */
  readonly before?: (project: Project) => unknown
  readonly inputs?: Readonly<Record<string, string>>
  /** What makes the plan the one of this situation. */
  readonly plan: object
}

const SITUATIONS: Readonly<Record<string, Situation>> = {
  'a first release': { plan: { image: { action: 'build' }, service: { action: 'roll' }, deployments: [{ action: 'create' }] } },
  'a release without a change': {
    before: ({ step }) => step(),
    plan: { image: { action: 'reuse' }, service: { action: 'unchanged' }, deployments: [{ action: 'unchanged' }] },
  },
  'a pull request': { inputs: { GITHUB_EVENT_NAME: 'pull_request' }, plan: { dryRun: true } },
  'a changed deployment': {
    before: async ({ step, edit }) => {
      await step()
      edit('prefect.yaml', `${PREFECT_FILE.replace('0 3', '0 4')}  tags: [daily]\n`)
    },
    plan: { deployments: [{ action: 'update' }] },
  },
  'a redeploy': {
    before: ({ ports }) => ports.registry.addImage('flows', 'v1'),
    inputs: { INPUT_IMAGE: 'v1' },
    plan: { image: { action: 'use', tag: 'v1', fingerprint: null } },
  },
  'a release without task definition and service': {
    project: { ports: { workPools: [aPool(['image', 'env'])] } },
    inputs: { 'INPUT_TASK-DEFINITION': '', INPUT_SERVICE: '' },
    plan: { taskDefinitions: [], service: null },
  },
  'a service that is left alone': {
    project: { ports: { workerRevision: revisionArn('worker', 1) } },
    plan: { service: { action: 'leave' } },
  },
  'a service with a definition of its own': {
    project: { ports: { workerRevision: revisionArn('worker', 1) } },
    before: ({ ports: { taskDefinitions: { revisions } } }) =>
      revisions.push({ arn: revisionArn('worker', 1), active: true, definition: aTaskDefinition({ family: 'worker' }) }),
    inputs: { 'INPUT_SERVICE-CONTAINER-NAME': 'prefect' },
    plan: { service: { action: 'roll', changes: [{ path: 'containerDefinitions.prefect.image', after: { $knownAfter: 'image' } }] } },
  },
  'a warning at its line': {
    project: { files: { 'prefect.yaml': `${PREFECT_FILE}  unknown: 1\n` } },
    plan: { warnings: expect.arrayContaining([expect.objectContaining({ code: 'unsupported-key', file: 'prefect.yaml', line: 7 })]) },
  },
}

describe('docs/plan.schema.json', () => {
  it.each(Object.entries(SITUATIONS))('describes the plan.json of %s', async (_, { project: options, before, inputs, plan: expected }) => {
    const project = aProject(options)
    await before?.(project)
    const { plan } = await project.step(inputs)

    expect(plan).toMatchObject(expected)
    expect(planViolations(plan)).toEqual([])
  })

  it.each<[string, PlanValue]>([
    ['nothing', null],
    ['a text', ''],
    ['a number', 0.5],
    ['a list of all kinds', [true, [], {}, null, [{ a: [1] }]]],
    ['what is known after the push', { $knownAfter: 'image' }],
    ['a text that is known after the registration', { $knownAfter: 'taskDefinition flows', text: 'on {taskDefinition flows}' }],
    ['what a script prints', { $knownAfter: 'step 12 stdout' }],
    ['a text around what a script prints', { $knownAfter: 'step 1 stderr', text: 'on {step 1 stderr}' }],
    ['hidden values in a mapping', { env: { TOKEN: { $sensitive: true }, list: [{ $sensitive: true }] } }],
    ['keys of the user with dollars', { $ref: '#/a', $$sensitive: true, text: 'x' }],
  ])('allows as a value %s', (_, value) => {
    expect(planViolations(withValue(value))).toEqual([])
  })

  it.each<[string, Partial<ReleasePlan>]>([
    ['a plan without credentials', {
      image: { ...aReleasePlan().image, action: 'unknown', reference: null }, service: null, impact: null,
      omissions: [{ what: 'the live deployments', reason: 'there is no Prefect API key' }],
      deployments: [aPlannedDeployment({ action: 'unknown', id: null, url: null })],
    }],
    ['a plan with all that is found on the server', {
      impact: {
        scheduledRuns: 3, lateRuns: 1, pendingRuns: [{ id: 'r1', name: 'tidy-owl', deployment: 'etl/nightly' }],
        lowerBound: true, overwrittenFields: 1, takeovers: 1,
      },
      unlisted: [{ name: 'etl/old', id: 'd9', url: 'https://prefect.example/d9', active: true, renamedTo: 'etl/nightly' }],
      deployments: [aPlannedDeployment({
        action: 'update', takeover: true, changes: [{ path: 'tags', before: [], after: ['a'], outside: true }],
        schedules: [{ label: 'nightly', rule: '0 9 * * *', timezone: 'Europe/Berlin', active: true, next: ['2026-11-25T08:00:00.000Z'] }],
      })],
    }],
    ['a plan with steps and work pools', {
      steps: [aScript(), aCopy(3), aCopy(0), aCopy(3, { files: null, target: 's3://acme/{step 1 stdout}' })],
      workPools: [
        aPlannedWorkPool(), aPlannedWorkPool({ action: 'create', changes: [{ path: 'type', after: 'ecs' }] }),
        aPlannedWorkPool({ action: 'update', changes: [{ path: 'description', before: 'a' }], sharedWith: ['crm/sync'] }),
      ],
    }],
  ])('describes %s', (_, fields) => {
    expect(planViolations(aReleasePlan(fields))).toEqual([])
  })

  it.each<[string, PlanValue]>([
    ['another result', { $knownAfter: 'service' }],
    ['what a step without number prints', { $knownAfter: 'step stdout' }],
    ['what the workspace says', { $knownAfter: 'workspace' }],
    ['a text that is none', { $knownAfter: 'image', text: 5 }],
    ['a result with an unknown field', { $knownAfter: 'image', digest: 'sha256:0' }],
    ['a hidden value that is shown', { $sensitive: true, value: 's3cr3t' }],
    ['a hidden value that is not', { $sensitive: false }],
    ['both at once', { $sensitive: true, $knownAfter: 'image' }],
    ['one of these deep inside', { env: [{ a: { $sensitive: 'no' } }] }],
  ])('refuses as a value %s', (_, value) => {
    expect(planViolations(withValue(value))).not.toEqual([])
  })

  it.each<[string, string, object]>([
    ['an unknown field', 'must NOT have additional', { surprise: 1 }],
    ['an unknown field of the image', 'must NOT have additional', { image: { ...aReleasePlan().image, surprise: 1 } }],
    ['an unknown field of the revision', 'must NOT have additional', { taskDefinitions: [{ ...aPlannedTaskDefinition(), surprise: 1 }] }],
    ['an unknown field of the service', 'must NOT have additional', { service: { ...aReleasePlan().service, surprise: 1 } }],
    ['an unknown field of a step', 'must NOT have additional', { steps: [{ ...aScript(), surprise: 1 }] }],
    ['an unknown action of a step', 'allowed values', { steps: [{ ...aScript(), action: 'build' }] }],
    ['a script that copies files', 'null', { steps: [aScript({ files: { changed: 1, unchanged: 0 } })] }],
    ['a copy to nowhere', 'string', { steps: [aCopy(3, { target: null })] }],
    ['fewer files than none', '>= 0', { steps: [aCopy(-1)] }],
    ['an unknown field of a work pool', 'must NOT have additional', { workPools: [{ ...aPlannedWorkPool(), surprise: 1 }] }],
    ['a work pool that is deleted', 'allowed values', { workPools: [{ ...aPlannedWorkPool(), action: 'delete' }] }],
    ['a work pool of nobody', 'sharedWith', { workPools: [{ name: 'ecs', action: 'unchanged', changes: [] }] }],
    ['an unknown field of a deployment', 'must NOT have additional', { deployments: [{ ...aPlannedDeployment(), surprise: 1 }] }],
    ['an unknown field of a schedule', 'must NOT have additional', scheduled({ surprise: 1 })],
    ['a fourth next run', 'more than 3 items', scheduled({ next: Array.from({ length: 4 }, () => '2026-11-25T08:00:00.000Z') })],
    ['a next run without a time', 'pattern', scheduled({ next: ['2026-11-25'] })],
    ['an unknown field of the impact', 'must NOT have additional', { impact: { ...aReleasePlan().impact, surprise: 1 } }],
    ['a number of runs below none', '>= 0', { impact: { ...aReleasePlan().impact, lateRuns: -1 } }],
    ['a pending run of no deployment', 'deployment', { impact: { ...aReleasePlan().impact, pendingRuns: [{ id: 'r1', name: 'x' }] } }],
    ['an unlisted deployment without page', 'url', { unlisted: [{ name: 'etl/old', id: 'd9', active: true, renamedTo: null }] }],
    ['an omission without reason', 'reason', { omissions: [{ what: 'the live deployments' }] }],
    ['an unknown image with a digest', 'null', { image: { ...aReleasePlan().image, action: 'unknown' } }],
    ['a hash of a deployment that is none', 'pattern', { deployments: [{ ...aPlannedDeployment(), hash: 'abc' }] }],
    ['a change that says it was set in the file', 'constant', changing({ path: 'a', after: 1, outside: false })],
    ['an unknown field of a change', 'must NOT have additional', changing({ path: 'a', from: 1 })],
    ['an unknown field of a warning', 'must NOT have additional', warning({ location: { file: 'prefect.yaml', line: 1 } })],
    ['a column of a warning', 'must NOT have additional', warning({ file: 'prefect.yaml', line: 1, column: 1 })],
    ['a line of no file', 'must have', warning({ line: 1 })],
    ['line 0', '>= 1', warning({ file: 'prefect.yaml', line: 0 })],
    ['a change of nothing', 'path', changing({ after: 1 })],
    ['a later version', 'constant', { version: 2 }],
    ['no hash', 'string', { hash: null }],
    ['a hash that is none', 'pattern', { hash: 'abc' }],
    ['an unknown action', 'allowed values', { deployments: [aPlannedDeployment(), { ...aPlannedDeployment(), action: 'delete' }] }],
    ['a built image whose digest is known already', 'null', { image: { ...aReleasePlan().image, action: 'build' } }],
    ['a reused image without digest', 'string', { image: { ...aReleasePlan().image, reference: null } }],
  ])('refuses a plan with %s', (_, complaint, difference) => {
    expect(planViolations(aReleasePlan())).toEqual([])
    expect(planViolations({ ...aReleasePlan(), ...difference }).join('\n')).toContain(complaint)
  })

  it.each(Object.keys(aReleasePlan()))('refuses a plan without %s', (field) => {
    const plan = Object.fromEntries(Object.entries(aReleasePlan()).filter(([name]) => name !== field))

    expect(planViolations(plan).join('\n')).toContain(`must have required property '${field}'`)
  })
})

function withValue(value: PlanValue): ReleasePlan {
  const changes = [{ path: 'parameters.a', before: 'x', after: value }]
  return aReleasePlan({ deployments: [aPlannedDeployment({ action: 'update', changes })] })
}

function changing(change: object): object {
  return { deployments: [{ ...aPlannedDeployment({ action: 'update' }), changes: [change] }] }
}

function scheduled(field: object): object {
  const schedule = { label: 'nightly', rule: '0 9 * * *', timezone: 'UTC', active: true, next: [], ...field }
  return { deployments: [{ ...aPlannedDeployment(), schedules: [schedule] }] }
}

function warning(place: object): object {
  return { warnings: [{ code: 'step-skipped', message: 'a step is skipped', hint: 'Remove it.', ...place }] }
}
