import { describe, expect, it } from '@jest/globals'
import { createCluster } from '../../sandbox/aws/ecs/clusters.ts'
import type { Fate } from '../../sandbox/aws/ecs/fate.ts'
import { resolveRevision } from '../../sandbox/aws/ecs/revision.ts'
import { reconcile, rollBack, startRollout } from '../../sandbox/aws/ecs/rollout.ts'
import { STOPPED_BY_USER } from '../../sandbox/aws/ecs/circuit-breaker.ts'
import type { ServiceRequest } from '../../sandbox/aws/ecs/service-creation.ts'
import { createService } from '../../sandbox/aws/ecs/service-creation.ts'
import { settleHook } from '../../sandbox/aws/ecs/stages.ts'
import { viewService } from '../../sandbox/aws/ecs/service-view.ts'
import { findActiveRevision, registerTaskDefinition } from '../../sandbox/aws/ecs/task-definitions.ts'
import { Timeline } from '../../sandbox/aws/timeline.ts'
import { createWorld } from '../../sandbox/aws/world.ts'

/** A stable service of revision 1, whose clock goes only when it is told to. */
async function aService(options: Partial<ServiceRequest> = {}) {
  const world = createWorld(
    { id: '123456789012', region: 'eu-central-1', ecrHost: 'ecr.example:1' },
    'registry.example:1',
    new Timeline(() => 0),
  )
  const register = (image: string) => {
    const container = {
      name: 'worker',
      image,
      memory: 64,
      logConfiguration: { logDriver: 'awslogs' as const, options: { 'awslogs-group': 'g', 'awslogs-stream-prefix': 'p' } },
    }
    return registerTaskDefinition(world, { family: 'worker', containerDefinitions: [container] }, 'someone')
  }
  createCluster(world, 'main')
  register('worker:1')
  const service = await createService(world, {
    cluster: 'main',
    name: 'worker',
    taskDefinition: 'worker',
    desiredCount: 1,
    launchType: 'EC2',
    ...options,
  })
  const place = { world, service }
  const roll = async (...fates: Fate[]) => {
    service.fates.push(...fates)
    register('worker:2')
    const revision = await resolveRevision(world, service, findActiveRevision(world, 'worker'))
    service.revisions.unshift(revision)
    return startRollout(place, revision)
  }
  const look = () => ({
    deployments: (viewService(place).deployments ?? []).map(
      ({ status, rolloutState, runningCount, pendingCount, taskDefinition }) =>
        `${status ?? ''} ${rolloutState ?? ''} ${runningCount ?? 0}+${pendingCount ?? 0} :${taskDefinition?.split(':').at(-1) ?? ''}`,
    ),
    rollout: service.rollouts[0]?.status,
  })
  const stoppedTasks = () => [...world.tasks.values()].filter(({ lastStatus }) => lastStatus === 'STOPPED')
  return {
    ...place,
    place,
    roll,
    look,
    stoppedTasks,
    advance: (seconds: number) => {
      world.timeline.advance(seconds)
    },
  }
}

const BREAKER = { circuitBreaker: { enable: true, rollback: true } }

describe('a rollout', () => {
  it('starts new tasks beside the old ones, replaces them and completes', async () => {
    const { roll, look, advance } = await aService()

    await roll()
    const seen = [look()]
    for (let step = 0; step < 6; step += 1) {
      advance(0.2)
      seen.push(look())
    }

    expect(seen).toEqual([
      { deployments: ['PRIMARY IN_PROGRESS 0+0 :2', 'ACTIVE COMPLETED 1+0 :1'], rollout: 'PENDING' },
      { deployments: ['PRIMARY IN_PROGRESS 0+1 :2', 'ACTIVE COMPLETED 1+0 :1'], rollout: 'IN_PROGRESS' },
      { deployments: ['PRIMARY IN_PROGRESS 0+1 :2', 'ACTIVE COMPLETED 1+0 :1'], rollout: 'IN_PROGRESS' },
      { deployments: ['PRIMARY IN_PROGRESS 0+1 :2', 'ACTIVE COMPLETED 1+0 :1'], rollout: 'IN_PROGRESS' },
      { deployments: ['PRIMARY IN_PROGRESS 1+0 :2', 'ACTIVE COMPLETED 0+0 :1'], rollout: 'IN_PROGRESS' },
      { deployments: ['PRIMARY IN_PROGRESS 1+0 :2', 'ACTIVE COMPLETED 0+0 :1'], rollout: 'IN_PROGRESS' },
      { deployments: ['PRIMARY COMPLETED 1+0 :2'], rollout: 'SUCCESSFUL' },
    ])
  })

  it('tells what happened in events, newest first', async () => {
    const { roll, service, advance } = await aService()

    await roll()
    advance(5)

    expect(service.events.map(({ message }) => message?.replace(/[0-9a-f]{32}|\d{19}/g, 'ID'))).toEqual([
      '(service worker) has reached a steady state.',
      '(service worker) (deployment ecs-svc/ID) deployment completed.',
      '(service worker) has stopped 1 running tasks: (task ID).',
      '(service worker) has started 1 tasks: (task ID).',
      '(service worker) has reached a steady state.',
    ])
  })

  it('cannot be listed at once', async () => {
    const { roll, service, advance } = await aService()

    await roll()

    expect(service.rollouts[0]?.visible).toBe(false)

    advance(0.5)

    expect(service.rollouts[0]?.visible).toBe(true)
  })

  it('can be listed later than others, when the service is told to be slow', async () => {
    const { roll, service, advance } = await aService({ visibleAfter: 12 })

    await roll()
    advance(11)
    expect(service.rollouts[0]).toMatchObject({ visible: false, status: 'SUCCESSFUL' })

    advance(1)
    expect(service.rollouts[0]).toMatchObject({ visible: true })
  })

  it('is rolled back by the circuit breaker to one deployment that looks stable', async () => {
    const { roll, look, advance, service } = await aService(BREAKER)

    await roll('pull-failure')
    advance(60)

    expect(look()).toEqual({ deployments: ['PRIMARY COMPLETED 1+0 :1'], rollout: 'ROLLBACK_SUCCESSFUL' })
    expect(service.rollouts[0]).toMatchObject({
      failureCount: 3,
      statusReason: 'Service deployment rolled back because the circuit breaker threshold was exceeded.',
    })
    expect(service.rollouts[0]?.rollback?.serviceRevisionArn).toBe(service.revisions[1]?.arn)
  })

  it('shows the failed deployment beside the old one while it is rolled back', async () => {
    const { roll, look, advance } = await aService(BREAKER)

    await roll('crash')
    advance(3)

    expect(look()).toEqual({ deployments: ['PRIMARY IN_PROGRESS 1+0 :1', 'ACTIVE FAILED 0+0 :2'], rollout: 'ROLLBACK_REQUESTED' })
  })

  it('stops without a rollback when the circuit breaker has none', async () => {
    const { roll, look, advance } = await aService({ circuitBreaker: { enable: true, rollback: false } })

    await roll('crash')
    advance(60)

    expect(look()).toEqual({ deployments: ['PRIMARY FAILED 0+0 :2', 'ACTIVE COMPLETED 1+0 :1'], rollout: 'STOPPED' })
  })

  it('tries for ever without a circuit breaker', async () => {
    const { roll, look, advance, stoppedTasks } = await aService()

    await roll('crash')
    advance(30)

    expect(look().rollout).toBe('IN_PROGRESS')
    expect(stoppedTasks().length).toBeGreaterThan(20)
  })

  it('keeps its threshold between 3 and 200 unless it is configured', async () => {
    const thresholdConfiguration = { type: 'COUNT' as const, value: 1 }
    const { roll, look, advance, stoppedTasks } = await aService({ circuitBreaker: { ...BREAKER.circuitBreaker, thresholdConfiguration } })

    await roll('crash')
    advance(60)

    expect(look().rollout).toBe('ROLLBACK_SUCCESSFUL')
    expect(stoppedTasks()).toHaveLength(1)
  })

  it('fails with ROLLBACK_FAILED when nothing was ever complete', async () => {
    const { roll, place, advance, service } = await aService(BREAKER)
    service.deployments.splice(0)

    const { rollout } = await roll('stuck')
    advance(1)
    rollBack(place, rollout, STOPPED_BY_USER)

    expect(rollout.status).toBe('ROLLBACK_FAILED')
  })

  it('gives way to a newer one', async () => {
    const { roll, look, advance, service } = await aService()

    await roll('stuck')
    advance(1)
    await roll()
    advance(5)

    expect(look()).toEqual({ deployments: ['PRIMARY COMPLETED 1+0 :3'], rollout: 'SUCCESSFUL' })
    expect(service.rollouts.map(({ status }) => status)).toEqual(['SUCCESSFUL', 'STOPPED', 'SUCCESSFUL'])
  })

  it('never trips the circuit breaker with tasks that run for a moment', async () => {
    const { roll, look, advance, stoppedTasks } = await aService(BREAKER)

    await roll('crash-loop')
    advance(30)

    expect(look().rollout).toBe('IN_PROGRESS')
    expect(stoppedTasks().length).toBeGreaterThan(20)
  })

  it('takes its time, and completes', async () => {
    const { roll, look, advance } = await aService(BREAKER)

    await roll('slow')
    advance(15)

    expect(look().rollout).toBe('IN_PROGRESS')
    advance(15)
    expect(look()).toEqual({ deployments: ['PRIMARY COMPLETED 1+0 :2'], rollout: 'SUCCESSFUL' })
  })

  it('waits for room', async () => {
    const { roll, look, advance, service } = await aService(BREAKER)

    await roll('no-capacity')
    advance(30)

    expect(look()).toEqual({ deployments: ['PRIMARY IN_PROGRESS 0+0 :2', 'ACTIVE COMPLETED 1+0 :1'], rollout: 'IN_PROGRESS' })
    expect(service.events[0]?.message).toMatch('unable to place a task. Reason: Capacity is unavailable')
  })

  it('follows the number of tasks that are desired', async () => {
    const { place, look, advance, service } = await aService({ desiredCount: 3 })
    service.desiredCount = 1

    reconcile(place)
    advance(1)

    expect(look().deployments).toEqual(['PRIMARY COMPLETED 1+0 :1'])

    service.desiredCount = 2
    reconcile(place)
    advance(1)

    expect(look().deployments).toEqual(['PRIMARY COMPLETED 2+0 :1'])
  })
})

describe('a deployment that is not a rolling one', () => {
  const hooked = (timeoutConfiguration?: { timeoutInMinutes: number; action: 'CONTINUE' | 'ROLLBACK' }) => ({
    strategy: {
      strategy: 'BLUE_GREEN' as const,
      bakeTimeInMinutes: 1,
      lifecycleHooks: [{ targetType: 'PAUSE' as const, lifecycleStages: ['POST_SCALE_UP' as const], ...(timeoutConfiguration && { timeoutConfiguration }) }],
    },
  })

  it('goes through its stages, keeps the old tasks while it bakes, and tells no rollout state', async () => {
    const { roll, look, advance, service } = await aService({ strategy: { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 1 } })

    const { rollout } = await roll()
    const stages = [rollout.stage]
    for (let step = 0; step < 30; step += 1) {
      advance(0.1)
      if (rollout.stage !== stages.at(-1)) stages.push(rollout.stage)
    }

    expect(stages).toEqual([undefined, 'PRE_SCALE_UP', 'SCALE_UP', 'POST_SCALE_UP', 'PRODUCTION_TRAFFIC_SHIFT', 'POST_PRODUCTION_TRAFFIC_SHIFT', 'BAKE_TIME'])
    expect(look()).toEqual({ deployments: ['PRIMARY  1+0 :2', 'ACTIVE  1+0 :1'], rollout: 'IN_PROGRESS' })
    advance(61)
    expect(look()).toEqual({ deployments: ['PRIMARY  1+0 :2'], rollout: 'SUCCESSFUL' })
    expect(service.rollouts[0]?.stage).toBe('CLEAN_UP')
  })

  it.each([
    ['LINEAR', { strategy: 'LINEAR' as const, linearConfiguration: { stepPercent: 30, stepBakeTimeInMinutes: 2 } }, 3 * 2],
    ['LINEAR without numbers of its own', { strategy: 'LINEAR' as const }, 9 * 6],
    ['CANARY', { strategy: 'CANARY' as const, canaryConfiguration: { canaryPercent: 20, canaryBakeTimeInMinutes: 3 } }, 3],
    ['CANARY without numbers of its own', { strategy: 'CANARY' as const }, 10],
    ['BLUE_GREEN, which shifts all at once', { strategy: 'BLUE_GREEN' as const }, 0],
  ])('shifts traffic as long as its steps bake: %s', async (_, strategy, minutes) => {
    const { roll, advance } = await aService({ strategy })

    const { rollout } = await roll()
    while (rollout.stage !== 'PRODUCTION_TRAFFIC_SHIFT') advance(0.1)
    advance(Math.max(minutes * 60 - 1, 0))
    const before = rollout.stage
    advance(3)

    expect([before, rollout.status]).toEqual(['PRODUCTION_TRAFFIC_SHIFT', 'SUCCESSFUL'])
  })

  it('waits at a PAUSE hook until somebody lets it go on', async () => {
    const { roll, place, advance } = await aService(hooked())

    const { rollout } = await roll()
    advance(3600)

    expect(rollout).toMatchObject({ status: 'IN_PROGRESS', stage: 'POST_SCALE_UP', hook: { status: 'AWAITING_ACTION', timeoutAction: 'ROLLBACK' } })
    settleHook({ place, rollout, rollBack }, 'CONTINUE')
    advance(70)
    expect(rollout).toMatchObject({ status: 'SUCCESSFUL', hook: { status: 'SUCCEEDED' } })
  })

  it('goes back when somebody says so at the hook, and when the hook times out', async () => {
    const told = await aService(hooked())
    const late = await aService(hooked({ timeoutInMinutes: 5, action: 'ROLLBACK' }))

    const { rollout } = await told.roll()
    told.advance(10)
    settleHook({ place: told.place, rollout, rollBack }, 'ROLLBACK')
    told.advance(10)
    await late.roll()
    late.advance(400)

    expect([told.look(), late.look()]).toEqual([1, 2].map(() => ({ deployments: ['PRIMARY  1+0 :1'], rollout: 'ROLLBACK_SUCCESSFUL' })))
  })

  it.each([
    ['a circuit breaker', { strategy: { strategy: 'CANARY' as const }, ...BREAKER }, /only be used with ROLLING/],
    ['the steps of another strategy', { strategy: { strategy: 'CANARY' as const, linearConfiguration: { stepPercent: 10 } } }, /only valid with LINEAR/],
    ['the canary of another strategy', { strategy: { strategy: 'LINEAR' as const, canaryConfiguration: { canaryPercent: 10 } } }, /only valid with CANARY/],
    ['a pause in the middle of a shift', { strategy: { strategy: 'CANARY' as const, lifecycleHooks: [{ targetType: 'PAUSE' as const, lifecycleStages: ['PRODUCTION_TRAFFIC_SHIFT' as const] }] } }, /cannot be configured/],
  ])('cannot have %s', async (_, request, message) => {
    await expect(aService(request)).rejects.toThrow(message)
  })
})

describe('the end of a task', () => {
  it.each<[Fate, object]>([
    [
      'pull-failure',
      { stopCode: 'TaskFailedToStart', stoppedReason: expect.stringMatching(/^CannotPullContainerError: .*worker:2: not found$/) },
    ],
    [
      'secret-failure',
      { stopCode: 'TaskFailedToStart', stoppedReason: expect.stringMatching(/^ResourceInitializationError: unable to pull secrets/) },
    ],
    ['log-failure', { stopCode: 'TaskFailedToStart', stoppedReason: expect.stringMatching(/^ResourceInitializationError: failed to validate logger args/) }],
    ['crash', { stopCode: 'EssentialContainerExited', stoppedReason: 'Essential container in task exited', containers: [{ exitCode: 1 }] }],
    [
      'out-of-memory',
      { stopCode: 'EssentialContainerExited', containers: [{ exitCode: 137, reason: expect.stringMatching('OutOfMemoryError') }] },
    ],
    ['wrong-architecture', { stopCode: 'EssentialContainerExited', containers: [{ exitCode: 255 }] }],
    ['unhealthy', { stopCode: 'ServiceSchedulerInitiated', stoppedReason: 'Task failed container health checks' }],
  ])('of the fate %s is told in the words of ECS', async (fate, ending) => {
    const { roll, advance, stoppedTasks } = await aService()

    await roll(fate)
    advance(1.1)

    expect(stoppedTasks()[0]).toMatchObject({ lastStatus: 'STOPPED', desiredStatus: 'STOPPED', ...ending })
  })

  it('leaves the last lines of a crash in the log stream', async () => {
    const { roll, advance, stoppedTasks, world } = await aService()

    await roll('crash')
    advance(1.1)

    const id = stoppedTasks()[0]?.taskArn.split('/').at(-1) ?? ''

    expect(world.logs.get('g')?.get(`p/worker/${id}`)?.at(-1)?.message).toMatch('ModuleNotFoundError')
  })
})
