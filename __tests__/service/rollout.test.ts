import { describe, expect, it } from '@jest/globals'
import { createFakeClock } from '../../__fixtures__/fake-clock.ts'
import { createFakeLog } from '../../__fixtures__/fake-log.ts'
import { createFakeServices } from '../../__fixtures__/fake-services.ts'
import type { FakeServices, Fate } from '../../__fixtures__/fake-services.ts'
import { revisionArn } from '../../__fixtures__/fake-task-definitions.ts'
import { DeployError } from '../../src/errors.ts'
import type { StoppedTask } from '../../src/ecs-ports.ts'
import type { ServicePlan } from '../../src/service/plan.ts'
import { roll } from '../../src/service/rollout.ts'
import type { RolloutOptions } from '../../src/service/rollout.ts'
import { rollBack } from '../../src/service/rollback.ts'

const FROM = revisionArn('worker', 4)
const TARGET = revisionArn('worker', 5)

const PLAN: ServicePlan = {
  action: 'roll',
  reference: { cluster: 'default', service: 'worker' },
  from: FROM,
  target: TARGET,
  definition: 'flow',
  reason: '',
  restartsWorker: true,
}

const PULL_FAILED: StoppedTask = {
  arn: 'arn:aws:ecs:eu-central-1:123456789012:task/default/1',
  taskDefinitionArn: TARGET,
  deploymentId: 'ecs-svc/1',
  stopCode: 'TaskFailedToStart',
  reason: 'CannotPullContainerError: flows@sha256:1: not found',
  containers: [{ name: 'prefect', exitCode: undefined, reason: '' }],
}

function arrange(fates: Fate[] = [], change: (services: FakeServices) => void = () => undefined) {
  const clock = createFakeClock()
  const services = createFakeServices(FROM, clock)
  services.fates.push(...fates)
  change(services)
  const log = createFakeLog()
  const options = { services, clock, log, timeoutMinutes: 15, wait: true, rollback: true } satisfies RolloutOptions
  const start = clock.now().getTime()
  return { services, clock, log, options, seconds: () => (clock.now().getTime() - start) / 1000 }
}

const VIEWS = [
  ['by its service deployment', true],
  ['by the service as long as its service deployment is not listed', true, 300],
  ['by the service alone, when deployments may not be listed', false],
] as const satisfies readonly (readonly [string, boolean, number?])[]

describe.each<readonly [string, boolean, number?]>(VIEWS)('a rollout followed %s', (_, permitted, listedAfter = 3) => {
  const arrangeView = (fates: Fate[], change: (services: FakeServices) => void = () => undefined) =>
    arrange(fates, (services) => {
      services.permitted = permitted
      services.mayStop = permitted
      services.listedAfter = listedAfter
      change(services)
    })

  it('succeeds when the new revision is live, and is seen within seconds', async () => {
    const { options, services, seconds } = arrangeView(['success'])

    await expect(roll(PLAN, TARGET, options)).resolves.toMatchObject({ status: 'rolled', taskDefinitionArn: TARGET })
    expect(services.updates).toEqual([TARGET])
    expect(seconds()).toBeLessThan(20 + 10)
  })

  it('fails when ECS puts the service back, with the cause and what is live', async () => {
    const { options, services, log } = arrangeView(['rolled-back'], ({ tasks }) => {
      tasks.push(PULL_FAILED)
    })

    await expect(roll(PLAN, TARGET, options)).rejects.toThrow(
      expect.objectContaining({
        code: 'rollout-failed',
        message:
          'Service worker did not come up on worker:5: the image is not in the repository. ' +
          'ECS has put service worker back: worker:4 is live, 1 of 1 tasks running\n' +
          'ECS says: 1 × CannotPullContainerError: flows@sha256:1: not found\n' +
          'Console: https://eu-central-1.console.aws.amazon.com/ecs/v2/clusters/default/services/worker/deployments?region=eu-central-1',
        hint: expect.stringContaining('lifecycle policy'),
      }),
    )
    expect(services.updates).toEqual([TARGET])
    expect(log.lines).toContainEqual(expect.stringMatching(/^warning: The rollout has failed, ECS puts the service back/))
  })

  it('puts the service back itself when ECS does not', async () => {
    const { options, services } = arrangeView(['stopped'])

    await expect(roll(PLAN, TARGET, options)).rejects.toThrow(
      expect.objectContaining({
        code: 'rollout-failed',
        message: expect.stringContaining('Service worker was put back: worker:4 is live'),
      }),
    )
    expect(services.updates).toEqual([TARGET, FROM])
  })

  it('leaves the service as it is when rollback is off, and says what is live', async () => {
    const { options, services } = arrangeView(['stopped'])

    await expect(roll(PLAN, TARGET, { ...options, rollback: false })).rejects.toThrow(
      expect.objectContaining({
        message: expect.stringContaining('It is left on worker:5 (rollback is off), with 1 of 1 tasks running, maybe still of worker:4'),
      }),
    )
    expect(services.updates).toEqual([TARGET])
  })

  it('ends at the time limit, puts the service back, and says so', async () => {
    const { options, services, seconds } = arrangeView(['hangs'])

    await expect(roll(PLAN, TARGET, { ...options, timeoutMinutes: 2 })).rejects.toThrow(
      expect.objectContaining({
        code: 'rollout-timeout',
        message: expect.stringMatching(/not steady on worker:5 within 2 minutes: .* (Service worker was put back|ECS has put service worker back): worker:4 is live/),
      }),
    )
    expect({ updates: services.updates, stops: services.stops.length }).toEqual(permitted && listedAfter < 300 ? { updates: [TARGET], stops: 1 } : { updates: [TARGET, FROM], stops: 0 })
    expect(seconds()).toBeLessThan(2 * 60 + 30 + 20)
  })

  it('says when the earlier revision does not become steady either', async () => {
    const { options } = arrangeView(['hangs', 'hangs'], (services) => {
      services.mayStop = false
    })

    await expect(roll(PLAN, TARGET, options)).rejects.toThrow(
      expect.objectContaining({ message: expect.stringContaining('was told to go back to worker:4, but is not steady there') }),
    )
  })

  it('does not take an earlier rollout of the same revision for its own', async () => {
    const { options, services, clock } = arrangeView(['rolled-back', 'success'])
    await services.update(PLAN.reference, TARGET)
    await clock.sleep(31_000)

    await expect(roll(PLAN, TARGET, options)).resolves.toMatchObject({ status: 'rolled' })
  })
})

describe('a rollout', () => {
  it('looks every five to six and a half seconds', async () => {
    const { options, clock } = arrange()

    await roll(PLAN, TARGET, options)

    expect(clock.waits.every((wait) => wait >= 5_000 && wait <= 6_500)).toBe(true)
  })

  it('prints new events and changed counts once, and no old event', async () => {
    const { options, log } = arrange()

    await roll(PLAN, TARGET, options)

    expect(log.lines).toEqual([
      'info: Service worker is told to run worker:5',
      'info: (service worker) has started task 1.',
      'info: 1 running, 1 pending, 1 desired',
      'info: 1 running, 0 pending, 1 desired',
      'info: Service worker runs worker:5',
    ])
  })

  it('shows the end of the log of a container that crashed', async () => {
    const crash = {
      ...PULL_FAILED,
      stopCode: 'EssentialContainerExited',
      reason: 'Essential container in task exited',
      containers: [{ name: 'prefect', exitCode: 1, reason: '' }],
    }
    const { options, log } = arrange(['rolled-back'], ({ tasks, logLines }) => {
      tasks.push(crash)
      logLines.push('Traceback', 'ModuleNotFoundError: flows')
    })

    await expect(roll(PLAN, TARGET, options)).rejects.toThrow(
      expect.objectContaining({ message: expect.stringContaining('The log ends with:\nTraceback\nModuleNotFoundError: flows') }),
    )
    expect(log.lines).toContainEqual(expect.stringContaining('ModuleNotFoundError: flows'))
  })

  it.each([
    ['other revisions', { taskDefinitionArn: FROM }],
    ['an earlier rollout of the same revision', { deploymentId: 'ecs-svc/0' }],
  ])('ignores tasks of %s', async (_, other) => {
    const { options } = arrange(['rolled-back'], ({ tasks }) => {
      tasks.push({ ...PULL_FAILED, ...other })
    })

    await expect(roll(PLAN, TARGET, options)).rejects.toThrow(
      expect.objectContaining({
        message: expect.stringContaining('ECS says: ROLLBACK_SUCCESSFUL: The circuit breaker threshold was exceeded.'),
      }),
    )
  })

  it('tells the failure even when its cause may not be read', async () => {
    const { options, services } = arrange(['rolled-back'])
    services.stoppedTasks = () => Promise.reject(new DeployError('aws-access-denied', 'AWS does not let you do ecs:ListTasks'))

    await expect(roll(PLAN, TARGET, options)).rejects.toThrow(expect.objectContaining({ code: 'rollout-failed' }))
  })

  it('survives looks that fail, until the time limit', async () => {
    const { options, services, clock, log } = arrange()
    clock.onTick = () => {
      clock.onTick = () => undefined
      services.failures.push(new DeployError('aws-request-failed', 'timeout'), new DeployError('aws-request-failed', 'timeout'))
    }

    await expect(roll(PLAN, TARGET, options)).resolves.toMatchObject({ status: 'rolled' })
    expect(log.lines.filter((line) => line === 'warning: The service could not be looked at: timeout')).toHaveLength(2)
  })

  it('ends at once when the run is cancelled, and puts nothing back', async () => {
    const { options, services } = arrange(['hangs'])
    const cancelled = new DeployError('cancelled', 'The run was cancelled')

    await expect(roll(PLAN, TARGET, { ...options, clock: { ...options.clock, sleep: () => Promise.reject(cancelled) } })).rejects.toBe(
      cancelled,
    )
    expect(services.updates).toEqual([TARGET])
  })

  it('is only started when it is not to be followed', async () => {
    const { options, clock, services } = arrange()

    await expect(roll(PLAN, TARGET, { ...options, wait: false })).resolves.toMatchObject({ status: 'started' })
    expect({ waits: clock.waits, updates: services.updates }).toEqual({ waits: [], updates: [TARGET] })
  })

  it('leaves the service as it is when it was changed after the plan', async () => {
    const { options, services } = arrange([], (fake) => {
      fake.overrides = { taskDefinitionArn: revisionArn('worker', 9) }
    })

    await expect(roll(PLAN, TARGET, options)).rejects.toThrow(
      expect.objectContaining({
        code: 'rollout-failed',
        message: 'Service worker was changed while this release ran: from worker:4 to worker:9',
        hint: expect.stringContaining('The service was left as it is'),
      }),
    )
    expect(services.updates).toEqual([])
  })

  it('has nothing to do when somebody else has brought the service there', async () => {
    const { options, services, seconds } = await arrangeTold('success', 60)

    await expect(roll(PLAN, TARGET, options)).resolves.toMatchObject({ status: 'unchanged' })
    expect({ updates: services.updates, seconds: seconds() }).toEqual({ updates: [TARGET], seconds: 60 })
  })
})

/** A service that somebody told to run the target some seconds ago. */
async function arrangeTold(fate: Fate, seconds: number) {
  const arranged = arrange([fate])
  await arranged.services.update(PLAN.reference, TARGET)
  await arranged.clock.sleep(seconds * 1000)
  return arranged
}

describe('a service that was told to run the revision before', () => {
  it.each([0, 10])('is followed to the end of that rollout, %s seconds after it began', async (since) => {
    const { options, services, log } = await arrangeTold('success', since)

    await expect(roll(PLAN, TARGET, options)).resolves.toMatchObject({ status: 'rolled', seconds: expect.any(Number) })
    expect(services.updates).toEqual([TARGET])
    expect(log.lines[0]).toBe('info: Service worker was told to run worker:5 before this release')
  })

  it('fails when ECS puts it back meanwhile', async () => {
    const { options, services } = await arrangeTold('rolled-back', 10)

    await expect(roll(PLAN, TARGET, options)).rejects.toThrow(
      expect.objectContaining({
        code: 'rollout-failed',
        message: expect.stringContaining('ECS has put service worker back: worker:4 is live'),
      }),
    )
    expect(services.updates).toEqual([TARGET])
  })

  it('fails when it never becomes steady', async () => {
    const { options } = await arrangeTold('hangs', 10)

    await expect(roll(PLAN, TARGET, { ...options, rollback: false })).rejects.toThrow(
      expect.objectContaining({ code: 'rollout-timeout', message: expect.stringContaining('It is left on worker:5') }),
    )
  })

  it.each([true, false])('fails when it did not come up there, with the cause, what is live and what to do (wait: %s)', async (wait) => {
    const { options, services } = await arrangeTold('stopped', 60 * 60 * 2)
    services.tasks.push(PULL_FAILED)

    await expect(roll(PLAN, TARGET, { ...options, wait, rollback: false })).rejects.toThrow(
      expect.objectContaining({
        code: 'rollout-failed',
        message: expect.stringMatching(/not come up on worker:5: the image is not in the repository\. It is left on worker:5.*CannotPull/s),
        hint: expect.stringMatching(/lifecycle policy.* While the service stays on worker:5, running again only follows that deployment/),
      }),
    )
    expect(services.updates).toEqual([TARGET])
  })

  it('is put back when it did not come up there', async () => {
    const { options, services } = await arrangeTold('stopped', 60)

    await expect(roll(PLAN, TARGET, options)).rejects.toThrow(
      expect.objectContaining({ message: expect.stringContaining('Service worker was put back: worker:4 is live') }),
    )
    expect(services.updates).toEqual([TARGET, FROM])
  })

  it('is left there when no earlier revision is known', async () => {
    const { options, services } = await arrangeTold('stopped', 60)

    await expect(roll({ ...PLAN, from: TARGET }, TARGET, options)).rejects.toThrow(
      expect.objectContaining({
        message: expect.stringContaining('No earlier revision is known: service worker is left on worker:5, 1 of 1 tasks running'),
      }),
    )
    expect(services.updates).toEqual([TARGET])
  })

  it('is not told again, nor followed, when a rollout is only to be started', async () => {
    const { options, services, seconds } = await arrangeTold('hangs', 10)

    await expect(roll(PLAN, TARGET, { ...options, wait: false })).resolves.toMatchObject({ status: 'started' })
    expect({ updates: services.updates, seconds: seconds() }).toEqual({ updates: [TARGET], seconds: 10 })
  })
})

describe('putting a service back', () => {
  it('brings the earlier revision back, after a rollout that succeeded', async () => {
    const { options, services } = arrange()
    await roll(PLAN, TARGET, options)

    await expect(rollBack(PLAN, TARGET, options)).resolves.toEqual({
      restored: true,
      message: 'Service worker was put back: worker:4 is live',
    })
    expect(services.updates).toEqual([TARGET, FROM])
  })

  it('does nothing when the service is back', async () => {
    const { options, services } = arrange()

    await expect(rollBack(PLAN, TARGET, options)).resolves.toMatchObject({ restored: true })
    expect(services.updates).toEqual([])
  })

  it('leaves a service that another deployment has brought elsewhere', async () => {
    const { options, services } = arrange([], (fake) => {
      fake.overrides = { taskDefinitionArn: revisionArn('worker', 9) }
    })

    await expect(rollBack(PLAN, TARGET, options)).resolves.toEqual({
      restored: false,
      message: 'Another deployment has brought service worker to worker:9, and it is left there',
    })
    expect(services.updates).toEqual([])
  })

  it('says that it failed instead of hiding the error that it is there for', async () => {
    const { options } = arrange([], (fake) => {
      fake.overrides = undefined
    })

    await expect(rollBack(PLAN, TARGET, options)).resolves.toMatchObject({
      restored: false,
      message: expect.stringContaining('could not be put back to worker:4: There is no service worker'),
    })
  })
})
