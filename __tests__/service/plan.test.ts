import { describe, expect, it } from '@jest/globals'
import { createFakeClock } from '../../__fixtures__/fake-clock.ts'
import { createFakeServices } from '../../__fixtures__/fake-services.ts'
import { revisionArn } from '../../__fixtures__/fake-task-definitions.ts'
import type { ServiceState } from '../../src/ecs-ports.ts'
import { planService, targetFamily } from '../../src/service/plan.ts'
import type { ServiceRequest } from '../../src/service/plan.ts'

const reference = { cluster: 'default', service: 'worker' }
const FROM = revisionArn('worker', 4)

type Deployment = ServiceState['deployments'][number]

function aDeployment(revision: number, rolloutState: string, overrides: Partial<Deployment> = {}): Deployment {
  const taskDefinitionArn = revisionArn('worker', revision)
  return { id: `ecs-svc/${revision}`, taskDefinitionArn, primary: revision === 4, rolloutState, reason: '', failedTasks: 0, ...overrides }
}

async function plan(request: Partial<ServiceRequest>, overrides: Partial<ServiceState> = {}) {
  const state = await createFakeServices(FROM, createFakeClock()).describe(reference)
  return planService({ reference, state: state && { ...state, ...overrides }, flows: [], own: undefined, ...request })
}

describe('a service that runs the family of the task definition', () => {
  it('rolls to the revision that is registered', async () => {
    await expect(plan({ flows: [{ family: 'worker', action: 'register' }] })).resolves.toEqual({
      action: 'roll',
      reference,
      from: FROM,
      target: undefined,
      definition: 'flow',
      restartsWorker: true,
      reason: 'It runs worker:4 and goes to the new revision of worker',
    })
  })

  it('rolls to the newest revision when it lags behind', async () => {
    const target = revisionArn('worker', 5)

    await expect(plan({ flows: [{ family: 'worker', action: 'unchanged', arn: target }] })).resolves.toMatchObject({
      action: 'roll',
      target,
      reason: 'It runs worker:4 and goes to worker:5',
    })
  })

  it('is unchanged when it runs that revision', async () => {
    await expect(plan({ flows: [{ family: 'worker', action: 'unchanged', arn: FROM }] })).resolves.toMatchObject({
      action: 'unchanged',
      restartsWorker: false,
      reason: 'It already runs worker:4',
    })
  })

  it('is followed when it is still on its way to that revision, and goes back to the one before', async () => {
    const deployments = [aDeployment(4, 'IN_PROGRESS'), aDeployment(3, 'FAILED'), aDeployment(2, 'COMPLETED')]

    await expect(plan({ flows: [{ family: 'worker', action: 'unchanged', arn: FROM }] }, { deployments })).resolves.toMatchObject({
      action: 'roll',
      from: revisionArn('worker', 2),
      target: FROM,
      restartsWorker: false,
      reason: 'It is on its way to worker:4 already, and is followed there',
    })
  })

  it('says that it did not come up on that revision', async () => {
    const deployments = [aDeployment(4, 'FAILED', { reason: 'tasks failed to start.' })]

    await expect(plan({ flows: [{ family: 'worker', action: 'unchanged', arn: FROM }] }, { deployments })).resolves.toMatchObject({
      action: 'roll',
      from: FROM,
      target: FROM,
      reason: 'It did not come up on worker:4 (FAILED: tasks failed to start): a release fails until that is mended',
    })
  })

  it.each([
    ['unchanged', 'all wanted tasks run', {}],
    ['roll', 'tasks are missing', { runningCount: 0 }],
    ['roll', 'an earlier deployment is still there', { deployments: [aDeployment(4, ''), aDeployment(3, '')] }],
  ])('is %s when ECS gives no rollout state and %s', async (action, _, overrides) => {
    const state = { deployments: [aDeployment(4, '')], ...overrides }

    await expect(plan({ flows: [{ family: 'worker', action: 'unchanged', arn: FROM }] }, state)).resolves.toMatchObject({ action })
  })

  it('restarts no worker when none is wanted', async () => {
    await expect(plan({ flows: [{ family: 'worker', action: 'register' }] }, { desiredCount: 0 })).resolves.toMatchObject({
      action: 'roll',
      restartsWorker: false,
    })
  })

  it('is refused a second revision for a container of its own', async () => {
    const definition = { family: 'worker', action: 'register' } as const

    await expect(plan({ flows: [definition], own: definition })).rejects.toThrow(expect.objectContaining({ code: 'unsupported-input' }))
  })
})

it('rolls to the family that it runs, of several', async () => {
  const flows = [{ family: 'flows', action: 'register' }, { family: 'worker', action: 'register' }] as const
  const planned = await plan({ flows })

  expect(planned).toMatchObject({ action: 'roll', definition: 'flow', reason: 'It runs worker:4 and goes to the new revision of worker' })
  expect(targetFamily(planned)).toBe('worker')
})

describe('a service whose own container gets the image', () => {
  it('rolls to the new revision of its own definition', async () => {
    const own = { family: 'worker', action: 'register' } as const

    await expect(plan({ flows: [{ family: 'flows', action: 'register' }], own })).resolves.toMatchObject({ action: 'roll', definition: 'own' })
  })

  it('is unchanged when its definition has the image', async () => {
    await expect(plan({ own: { family: 'worker', action: 'unchanged', arn: FROM } })).resolves.toMatchObject({ action: 'unchanged' })
  })
})

describe('any other service', () => {
  it.each([
    ['flow runs have a family of their own', { flows: [{ family: 'flows', action: 'register' }] as const }],
    ['there is no task definition', {}],
    ['its family only begins alike', { flows: [{ family: 'work', action: 'register' }] as const }],
  ])('is left alone and reported when %s', async (_, request) => {
    await expect(plan(request)).resolves.toMatchObject({
      action: 'leave',
      from: FROM,
      restartsWorker: false,
      reason: 'It runs worker:4, which this release does not change',
    })
  })
})

describe('a service that cannot be rolled', () => {
  it('is missing', () => {
    expect(() => planService({ reference, state: undefined, flows: [], own: undefined })).toThrow(
      expect.objectContaining({ code: 'service-missing', message: 'There is no service worker in cluster default' }),
    )
  })

  it.each([
    ['is not active', { status: 'DRAINING' }, 'is DRAINING'],
    ['belongs to CodeDeploy', { controller: 'CODE_DEPLOY' }, 'deployed by CODE_DEPLOY'],
    ['belongs to another tool', { controller: 'EXTERNAL' }, 'deployed by EXTERNAL'],
  ])('%s', async (_, overrides, message) => {
    await expect(plan({}, overrides)).rejects.toThrow(
      expect.objectContaining({ code: 'service-unsupported', message: expect.stringContaining(message) }),
    )
  })
})
