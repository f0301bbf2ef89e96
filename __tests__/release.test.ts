import { describe, expect, it } from '@jest/globals'
import { revisionArn } from '../__fixtures__/fake-task-definitions.ts'
import { aCopy, aDefinition, aPlannedWorkPool, aReleasePlan, aScript, FINGERPRINT, pageOf, planLayers, TAG } from '../__fixtures__/plans.ts'
import type { LayersOptions } from '../__fixtures__/plans.ts'
import { planViolations } from '../__fixtures__/plan-schema.ts'
import { aLiveDeployment, aPool, ARN, desired, IMAGE, REPOSITORY } from '../__fixtures__/prefect-files/deployments.ts'
import type { DesireOverrides } from '../__fixtures__/prefect-files/deployments.ts'
import { planDeployment } from '../src/deployment/plan.ts'
import { lookupKey } from '../src/deployment/references.ts'
import { resultOf } from '../src/planned.ts'
import type { JsonObject } from '../src/planned.ts'
import type { LiveDeployment } from '../src/prefect-ports.ts'
import { composePlan, hasChanges } from '../src/release.ts'
import type { LayerPlans } from '../src/release.ts'
import type { ReleasePlan } from '../src/release-plan.ts'
import type { WorkPoolPlan } from '../src/work-pool/plan.ts'

const OLD_IMAGE = `${REPOSITORY}@sha256:old`
const ON_ARN: DesireOverrides = { families: ['flows'], pool: aPool(['task_definition_arn', 'env']) }
const DEFINITION = { wanted: aDefinition(), live: aDefinition(OLD_IMAGE) }

type DeploymentOptions = { readonly lines?: string; readonly live?: LiveDeployment | undefined; readonly overrides?: DesireOverrides }

function deployment({ lines = '', live, overrides = {} }: DeploymentOptions = {}): NonNullable<LayersOptions['deployments']> {
  return (results) => [planDeployment(desired(lines, overrides), live, results)]
}

/** The plan of these layers; each keeps to docs/plan.schema.json. */
function compose(options: LayersOptions, adjust: (layers: LayerPlans) => LayerPlans = (layers) => layers, dryRun = false): ReleasePlan {
  const { layers, results } = planLayers(options)
  const plan = composePlan(adjust(layers), { name: 'default', dryRun, results, pageOf, now: new Date('2026-11-24T10:00:00Z') })
  expect(planViolations(plan)).toEqual([])
  return plan
}

const onImage = (image: string) => aLiveDeployment({ fields: { job_variables: { image } } })
const onArn = (arn: string) => aLiveDeployment({ fields: { job_variables: { task_definition_arn: arn } } })

describe('the plan as data', () => {
  it('says of a first release what is known only after the push and after the registration', () => {
    const plan = compose({ definition: { wanted: aDefinition() }, deployments: deployment({ overrides: ON_ARN }) })

    expect(plan).toEqual({
      version: 1,
      dryRun: false,
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      name: 'default',
      rollback: null,
      image: { action: 'build', repository: REPOSITORY, tag: TAG, fingerprint: FINGERPRINT, reference: null, createsRepository: false, tags: [] },
      taskDefinitions: [{
        action: 'register', family: 'flows', container: 'prefect', arn: null, previousArn: null,
        changes: expect.arrayContaining([
          { path: 'containerDefinitions.prefect.image', after: { $knownAfter: 'image' } },
          { path: 'cpu', after: '256' },
        ]),
      }],
      service: null,
      steps: [],
      workPools: [],
      deployments: [{
        name: 'etl/nightly', id: null, action: 'create', url: null, hash: expect.stringMatching(/^[0-9a-f]{16}$/), takeover: false, schedules: [],
        changes: expect.arrayContaining([
          { path: 'description', after: 'Loads the day.' },
          { path: 'job_variables', after: { task_definition_arn: { $knownAfter: 'taskDefinition flows' } } },
        ]),
      }],
      unlisted: [],
      impact: null,
      omissions: [],
      warnings: [],
    })
  })

  it('says of a changed deployment each field before and after, with its page', () => {
    const plan = compose({ isPushed: true, deployments: deployment({ lines: 'tags: [daily]', live: onImage(OLD_IMAGE) }) })

    expect(plan.image).toEqual({ action: 'reuse', repository: REPOSITORY, tag: TAG, fingerprint: FINGERPRINT, reference: IMAGE, createsRepository: false, tags: [] })
    expect(plan.deployments).toEqual([{
      name: 'etl/nightly', id: 'd1', action: 'update', url: pageOf('d1'), hash: expect.stringMatching(/^[0-9a-f]{16}$/), takeover: false, schedules: [],
      changes: [{ path: 'tags', before: [], after: ['daily'] }, { path: 'job_variables.image', before: OLD_IMAGE, after: IMAGE }],
    }])
  })

  it('shows text around an image that is not known yet', () => {
    const plan = compose({ deployments: deployment({ lines: 'description: "runs {{ image }}"', live: onImage(OLD_IMAGE) }) })

    expect(plan.deployments[0]?.changes).toContainEqual({
      path: 'description', before: 'Loads the day.', after: { $knownAfter: 'image', text: 'runs {image}' },
    })
  })

  it('says what the worker service runs and where it goes', () => {
    const plan = compose({ definition: DEFINITION, worker: 'flows' })

    expect(plan.service).toEqual({
      action: 'roll', cluster: 'default', service: 'worker', from: revisionArn('flows', 6),
      reason: 'It runs flows:6 and goes to the new revision of flows', restartsWorker: true, changes: [],
    })
  })

  it('says of a work pool what changes and who else uses it, and nothing of its template', () => {
    const pool: WorkPoolPlan = {
      name: 'ecs', action: 'update', pool: aPool(), sharedWith: ['crm/sync'], body: { base_job_template: { secret: 'x' } }, undoBody: {},
      changes: [{ path: 'base_job_template.variables.properties.image.default', before: OLD_IMAGE, after: resultOf('image') }],
    }
    const plan = compose({}, (layers) => ({ ...layers, workPools: [pool] }))

    expect(plan.workPools).toEqual([{
      name: 'ecs', action: 'update', sharedWith: ['crm/sync'],
      changes: [{ path: 'base_job_template.variables.properties.image.default', before: OLD_IMAGE, after: { $knownAfter: 'image' } }],
    }])
  })

  it('says of a field what script it comes from', () => {
    const stepOutputs = new Map([['stdout', resultOf('step 1 stdout')]])
    const lines = 'description: "from {{ stdout }}"\nwork_pool: {name: ecs, job_variables: {env: {REVISION: "{{ stdout }}"}}}'
    const { deployments } = compose({ isPushed: true, deployments: deployment({ lines, live: onImage(IMAGE), overrides: { stepOutputs } }) })

    expect(deployments[0]?.changes).toEqual([
      { path: 'description', before: 'Loads the day.', after: { $knownAfter: 'step 1 stdout', text: 'from {step 1 stdout}' } },
      { path: 'job_variables.env', after: { REVISION: { $knownAfter: 'step 1 stdout' } } },
    ])
  })

  it('survives JSON as it is', () => {
    const plan = compose({ definition: DEFINITION, worker: 'flows', deployments: deployment({ overrides: ON_ARN }) })

    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan)
  })

  it('gathers the warnings of the project and of the deployments', () => {
    const warning = { code: 'step-skipped', message: 'a step is skipped', hint: 'Remove it.' } as const
    const shared = aLiveDeployment({ concurrencyLimit: { name: 'shared', limit: 3 } })
    const options = { isPushed: true, deployments: deployment({ lines: 'concurrency_limit: 5', live: shared }) }
    const plan = compose(options, (layers) => ({ ...layers, warnings: [warning] }))

    expect(plan.warnings.map(({ code }) => code)).toEqual(['step-skipped', 'limit-shared'])
  })

  it('says of a warning its file and line, as far as known, and not the column', () => {
    const warning = { code: 'step-skipped', message: 'a step is skipped', hint: 'Remove it.' } as const
    const locations = [undefined, { file: 'prefect.yaml' }, { file: 'prefect.yaml', line: 4, column: 2 }]
    const { warnings } = compose({}, (layers) => ({
      ...layers, warnings: locations.map((location) => ({ ...warning, ...(location !== undefined && { location }) })),
    }))

    expect(warnings).toEqual([warning, { ...warning, file: 'prefect.yaml' }, { ...warning, file: 'prefect.yaml', line: 4 }])
  })

  it('does not mistake what the user wrote for a value that is not known yet or hidden', () => {
    const parameters = '{a: {$sensitive: true}, b: {$knownAfter: image}, c: {$$sensitive: 1}, d: {$ref: x}}'
    const lines = `parameters: ${parameters}\nenforce_parameter_schema: false`
    const { deployments } = compose({ isPushed: true, deployments: deployment({ lines }) })

    expect(deployments[0]?.changes).toContainEqual({
      path: 'parameters', after: { a: { $$sensitive: true }, b: { $$knownAfter: 'image' }, c: { $$$sensitive: 1 }, d: { $ref: 'x' } },
    })
  })
})

describe('secrets', () => {
  const SECRET = 's3cr3t-of-the-user'
  const OLD_SECRET = 'an-earlier-s3cr3t'
  type Case = { readonly lines: string; readonly live: JsonObject; readonly overrides?: DesireOverrides }

  it.each<[string, Case]>([
    ['a parameter that is named like one', { lines: `parameters: {password: ${SECRET}}`, live: { parameters: { password: OLD_SECRET } } }],
    ['a job variable that is named like one', {
      lines: `work_pool: {name: ecs, job_variables: {env: {API_TOKEN: ${SECRET}}}}`,
      live: { job_variables: { image: IMAGE, env: { API_TOKEN: OLD_SECRET } } },
    }],
    ['a URL that carries a password', {
      lines: `parameters: {day: "postgresql://me:${SECRET}@db/x"}`, live: { parameters: { day: `postgresql://me:${OLD_SECRET}@db/x` } },
    }],
    ['a variable of the environment that is named like one', {
      lines: 'parameters: {day: "{{ $DB_PASSWORD }}"}', live: { parameters: { day: OLD_SECRET } },
      overrides: { environment: { DB_PASSWORD: SECRET } },
    }],
    ['a secret block', {
      lines: 'parameters: {day: "{{ prefect.blocks.secret.api }}"}', live: { parameters: { day: OLD_SECRET } },
      overrides: { lookups: new Map([[lookupKey({ blockType: 'secret', block: 'api' }), SECRET]]) },
    }],
    ['a parameter of a schedule', { lines: `schedules: [{cron: "0 1 * * *", parameters: {token: ${SECRET}}}]`, live: {} }],
    ['a part of a text', {
      lines: 'description: "with {{ $DB_PASSWORD }} in it"', live: { description: `with ${OLD_SECRET} in it` },
      overrides: { environment: { DB_PASSWORD: SECRET } },
    }],
  ])('are not in the plan, neither new nor live: %s', (_, { lines, live, overrides = {} }) => {
    const unchecked = `${lines}\nenforce_parameter_schema: false`
    const planOver = (state?: LiveDeployment) =>
      compose({ isPushed: true, deployments: deployment({ lines: unchecked, overrides, live: state }) })
    const texts = [planOver(), planOver(aLiveDeployment({ fields: live }))].map((plan) => JSON.stringify(plan))

    expect(texts.filter((text) => !text.includes('{"$sensitive":true}'))).toEqual([])
    expect(texts.join()).not.toMatch(/s3cr3t/)
  })

  it('are not in the plan of a task definition, neither the new nor the live one', () => {
    const withPassword = (value: string) => aDefinition(IMAGE, {
      containerDefinitions: [{ name: 'prefect', image: IMAGE, environment: [{ name: 'DB_PASSWORD', value }] }],
    })
    const plan = compose({ isPushed: true, definition: { wanted: withPassword(SECRET), live: withPassword(OLD_SECRET) } })

    expect(plan.taskDefinitions[0]?.changes).toEqual([
      { path: 'containerDefinitions.prefect.environment.DB_PASSWORD', before: { $sensitive: true }, after: { $sensitive: true } },
    ])
    expect(JSON.stringify(plan)).not.toMatch(/s3cr3t/)
  })

  it('cannot be guessed from the hash', () => {
    const lines = (secret: string) => `parameters: {password: ${secret}}\nenforce_parameter_schema: false`
    const hash = (secret: string) =>
      compose({ isPushed: true, deployments: deployment({ lines: lines(secret), live: aLiveDeployment() }) }).hash

    expect(hash(SECRET)).toBe(hash(OLD_SECRET))
  })
})

describe('the hash', () => {
  it.each<[string, LayersOptions]>([
    ['a created deployment that gets the image', { deployments: deployment() }],
    ['a created deployment that gets the revision', { definition: DEFINITION, deployments: deployment({ overrides: ON_ARN }) }],
    ['an updated deployment that gets the image', { deployments: deployment({ live: onImage(OLD_IMAGE) }) }],
    ['an updated deployment that gets the revision', {
      definition: DEFINITION, deployments: deployment({ live: onArn(ARN), overrides: ON_ARN }),
    }],
    ['the first revision of a family', {
      definition: { wanted: aDefinition() }, deployments: deployment({ live: onArn(ARN), overrides: ON_ARN }),
    }],
    ['a worker service that rolls', { definition: DEFINITION, worker: 'flows' }],
    ['a service that is left alone', { definition: DEFINITION, worker: 'other' }],
    ['the image as a part of a text', {
      deployments: deployment({ lines: 'description: "runs {{ image }} now"', live: onImage(OLD_IMAGE) }),
    }],
    ['the image in a list', { deployments: deployment({ lines: 'tags: [daily, "{{ image }}"]', live: onImage(OLD_IMAGE) }) }],
    ['the image in the environment of a new deployment', {
      deployments: deployment({ lines: 'work_pool: {name: ecs, job_variables: {env: {IMAGE: "{{ image }}"}}}' }),
    }],
    ['no deployment at all', {}],
  ])('is the same whether the image of this fingerprint is built or reused: %s', (_, options) => {
    const built = compose({ ...options, isPushed: false })
    const reused = compose({ ...options, isPushed: true })

    expect([built.image.action, reused.image.action]).toEqual(['build', 'reuse'])
    expect(reused.hash).toBe(built.hash)
  })

  it.each<[string, LayersOptions]>([
    ['a field', { deployments: deployment({ lines: 'tags: [daily]', live: onImage(OLD_IMAGE) }) }],
    ['what a field was before', { deployments: deployment({ live: onImage(`${REPOSITORY}@sha256:older`) }) }],
    ['whether a deployment is created or updated', { deployments: deployment() }],
    ['the name of a deployment', {
      deployments: (results) => deployment({ live: onImage(OLD_IMAGE) })(results).map((plan) => ({ ...plan, name: 'etl/weekly' })),
    }],
    ['the fingerprint', { deployments: deployment({ live: onImage(OLD_IMAGE) }), fingerprint: 'e'.repeat(64) }],
    ['that there is a task definition', { definition: DEFINITION, deployments: deployment({ live: onImage(OLD_IMAGE) }) }],
    ['that there is a service', { worker: 'other', deployments: deployment({ live: onImage(OLD_IMAGE) }) }],
  ])('tells plans apart by %s', (_, options) => {
    const plan = { deployments: deployment({ live: onImage(OLD_IMAGE) }) }

    expect(compose({ isPushed: true, ...options }).hash).not.toBe(compose({ isPushed: true, ...plan }).hash)
    expect(compose(options).hash).not.toBe(compose(plan).hash)
  })

  it('tells plans apart by the content of the task definition, although both are registered', () => {
    const larger = { wanted: aDefinition(IMAGE, { cpu: '512' }), live: DEFINITION.live }

    expect(compose({ definition: larger }).hash).not.toBe(compose({ definition: DEFINITION }).hash)
  })

  it('tells plans apart by the family of the task definition', () => {
    const renamed = { wanted: aDefinition(IMAGE, { family: 'jobs' }), live: DEFINITION.live }

    expect(compose({ definition: renamed }).hash).not.toBe(compose({ definition: DEFINITION }).hash)
  })

  it('tells plans apart by whether the service rolls', () => {
    expect(compose({ definition: DEFINITION, worker: 'flows' }).hash).not.toBe(compose({ definition: DEFINITION, worker: 'other' }).hash)
  })

  it('tells plans apart by the digest of an image that is given', () => {
    const given = (digest: string) => compose({}, (layers) => ({
      ...layers,
      image: { action: 'use', uri: REPOSITORY, digest, reference: `${REPOSITORY}@${digest}`, tag: undefined, fingerprint: undefined },
    })).hash

    expect(given('sha256:a')).not.toBe(given('sha256:b'))
  })

  it('leaves warnings out', () => {
    const warning = { code: 'step-skipped', message: 'a step is skipped', hint: 'Remove it.' } as const

    expect(compose({}, (layers) => ({ ...layers, warnings: [warning] })).hash).toBe(compose({}).hash)
  })

  it('leaves the version out, which is another for each commit', () => {
    const hash = (version: string, live?: LiveDeployment) =>
      compose({ deployments: deployment({ lines: `tags: [a]\nversion: "${version}"`, live }) }).hash

    expect(hash('2')).toBe(hash('1'))
    expect(hash('2', aLiveDeployment())).toBe(hash('1', aLiveDeployment()))
  })

  it('leaves the commit out', () => {
    const hash = (sha: string) => compose({ deployments: deployment({ overrides: { environment: { GITHUB_SHA: sha } } }) }).hash

    expect(hash('1111111122222222')).toBe(hash('3333333344444444'))
  })

  it('leaves out whether the plan is applied, so that the plan of the pull request is the plan of main', () => {
    expect(compose({}, undefined, true).hash).toBe(compose({}, undefined, false).hash)
  })

  it('leaves out deployments that stay as they are', () => {
    const unchanged = compose({ isPushed: true, deployments: deployment({ live: aLiveDeployment() }) })

    expect(unchanged.deployments).toMatchObject([{ action: 'unchanged' }])
    expect(unchanged.hash).toBe(compose({ isPushed: true }).hash)
  })
})

describe('whether there are changes', () => {
  const LIVE = { wanted: aDefinition(), live: aDefinition() }

  it.each<[string, boolean, LayersOptions]>([
    ['everything is as it should be', false, { isPushed: true, definition: LIVE, deployments: deployment({ live: aLiveDeployment() }) }],
    ['a service is left alone', false, { isPushed: true, definition: LIVE, worker: 'other' }],
    ['the image is to be built', true, {}],
    ['a revision is to be registered', true, { isPushed: true, definition: DEFINITION }],
    ['the service lags behind', true, { isPushed: true, definition: LIVE, worker: 'flows' }],
    ['a deployment is to be created', true, { isPushed: true, deployments: deployment() }],
    ['a deployment is to be updated', true, { isPushed: true, deployments: deployment({ lines: 'tags: [a]', live: aLiveDeployment() }) }],
  ])('when %s: %s', (_, expected, options) => {
    expect(hasChanges(compose(options))).toBe(expected)
  })

  it.each<[string, boolean, Partial<ReleasePlan>]>([
    ['a script runs, whatever it does', false, { steps: [aScript()] }],
    ['S3 has all files', false, { steps: [aCopy(0)] }],
    ['files are to be copied', true, { steps: [aScript(), aCopy(1)] }],
    ['a work pool stays', false, { workPools: [aPlannedWorkPool()] }],
    ['a work pool is to be created', true, { workPools: [aPlannedWorkPool({ action: 'create' })] }],
    ['a work pool is to be updated', true, { workPools: [aPlannedWorkPool(), aPlannedWorkPool({ action: 'update' })] }],
  ])('when %s: %s', (_, expected, parts) => {
    expect(hasChanges(aReleasePlan(parts))).toBe(expected)
  })
})
