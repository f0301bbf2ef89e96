import { describe, expect, it } from '@jest/globals'
import { createFakeClock } from '../../__fixtures__/fake-clock.ts'
import { createFakeLog } from '../../__fixtures__/fake-log.ts'
import { createFakeServices } from '../../__fixtures__/fake-services.ts'
import type { FakeServices } from '../../__fixtures__/fake-services.ts'
import { revisionArn } from '../../__fixtures__/fake-task-definitions.ts'
import { DeployError } from '../../src/errors.ts'
import type { StoppedTask } from '../../src/ecs-ports.ts'
import { hopelessFailure } from '../../src/service/diagnosis.ts'
import type { ServicePlan } from '../../src/service/plan.ts'
import { roll } from '../../src/service/rollout.ts'
import type { RolloutOptions } from '../../src/service/rollout.ts'

const FROM = revisionArn('worker', 4)
const TARGET = revisionArn('worker', 5)
const PLAN: ServicePlan = {
  action: 'roll', reference: { cluster: 'default', service: 'worker' }, from: FROM, target: TARGET, definition: 'flow', reason: '', restartsWorker: true,
}

function stopped(reason: string, fields: Partial<StoppedTask> = {}, exitCode?: number): StoppedTask {
  const arn = 'arn:aws:ecs:eu-central-1:123456789012:task/default/1'
  return { arn, taskDefinitionArn: TARGET, deploymentId: 'ecs-svc/1', stopCode: '', reason, containers: [{ name: 'prefect', exitCode, reason: '' }], ...fields }
}

const exited = (exitCode: number) => stopped('Essential container in task exited', { stopCode: 'EssentialContainerExited' }, exitCode)
const NOT_FOUND = stopped('CannotPullContainerError: flows@sha256:1: not found')
const SECRET = stopped('ResourceInitializationError: unable to pull secrets or registry auth: AccessDeniedException')

describe('a rollout is given up', () => {
  it.each<[string, StoppedTask, number]>([
    ['an image that is not there', NOT_FOUND, 2],
    ['a secret that cannot be read', SECRET, 2],
    ['an image for another CPU', stopped('CannotStartContainerError: exec format error'), 2],
    ['a role that may not pull', stopped('CannotPullContainerError: 403 Forbidden'), 2],
    ['no route to the registry', stopped('CannotPullContainerError: dial tcp: i/o timeout'), 3],
    ['a crash loop', exited(1), 3],
    ['a container that is killed', exited(137), 3],
    ['a container that ends', exited(0), 3],
  ])('for %s after enough tasks, and not before', (_, task, enough) => {
    const times = (count: number) => hopelessFailure(Array.from({ length: count }, () => task))

    expect(times(enough - 1)).toBeUndefined()
    expect(times(enough)).toMatch(new RegExp(`^${enough} tasks failed alike, `))
  })

  it.each<[string, StoppedTask]>([
    ['failing health checks, which a longer start mends', stopped('Task failed container health checks', { stopCode: 'ServiceSchedulerInitiated' })],
    ['a registry\'s limit', stopped('CannotPullContainerError: toomanyrequests')],
    ['lack of capacity', stopped('RESOURCE:MEMORY')],
    ['what ECS stops itself', stopped('Scaling activity initiated by (deployment ecs-svc/1)', { stopCode: 'ServiceSchedulerInitiated' })],
    ['what nobody knows', stopped('Something new')],
  ])('never for %s', (_, task) => {
    expect(hopelessFailure(Array.from({ length: 50 }, () => task))).toBeUndefined()
  })

  it('not for failures that are not alike', () => {
    expect(hopelessFailure([NOT_FOUND, SECRET, exited(1), exited(1)])).toBeUndefined()
  })
})

/** A rollout that never ends by itself, with tasks that failed. */
function arrange(tasks: readonly StoppedTask[], change: (services: FakeServices) => void = () => undefined) {
  const clock = createFakeClock()
  const services = createFakeServices(FROM, clock)
  services.fates.push('hangs')
  services.tasks.push(...tasks)
  change(services)
  const log = createFakeLog()
  const options = { services, clock, log, timeoutMinutes: 15, wait: true, rollback: true } satisfies RolloutOptions
  const start = clock.now().getTime()
  return { services, log, options, seconds: () => (clock.now().getTime() - start) / 1000 }
}

describe('a rollout that cannot succeed', () => {
  it('is stopped by ECS long before the time limit, with the cause', async () => {
    const { services, options, seconds, log } = arrange([NOT_FOUND, NOT_FOUND])

    await expect(roll(PLAN, TARGET, options)).rejects.toThrow(
      expect.objectContaining({
        code: 'rollout-failed',
        message: expect.stringMatching(/the image is not in the repository\. ECS has put service worker back: worker:4 is live.*2 × CannotPull/s),
      }),
    )
    expect({ stops: services.stops.length, updates: services.updates }).toEqual({ stops: 1, updates: [TARGET] })
    expect(seconds()).toBeLessThan(40)
    expect(log.lines).toContain('warning: No further attempt is waited for: 2 tasks failed alike, the image is not in the repository')
  })

  it('is put back by an update where it may not be stopped', async () => {
    const { services, options } = arrange([NOT_FOUND, NOT_FOUND], (fake) => {
      fake.mayStop = false
    })

    await expect(roll(PLAN, TARGET, options)).rejects.toThrow(
      expect.objectContaining({ message: expect.stringContaining('Service worker was put back: worker:4 is live') }),
    )
    expect({ stops: services.stops, updates: services.updates }).toEqual({ stops: [], updates: [TARGET, FROM] })
  })

  it('is put back by an update where stopping it fails', async () => {
    const { services, options } = arrange([NOT_FOUND, NOT_FOUND], (fake) => {
      fake.stop = () => Promise.reject(new DeployError('aws-request-failed', 'timeout'))
    })

    await expect(roll(PLAN, TARGET, options)).rejects.toThrow(
      expect.objectContaining({ message: expect.stringContaining('Service worker was put back: worker:4 is live') }),
    )
    expect(services.updates).toEqual([TARGET, FROM])
  })

  it('is left as it is when rollback is off', async () => {
    const { services, options, seconds } = arrange([NOT_FOUND, NOT_FOUND])

    await expect(roll(PLAN, TARGET, { ...options, rollback: false })).rejects.toThrow(
      expect.objectContaining({ code: 'rollout-failed', message: expect.stringContaining('It is left on worker:5 (rollback is off)') }),
    )
    expect({ stops: services.stops, updates: services.updates }).toEqual({ stops: [], updates: [TARGET] })
    expect(seconds()).toBeLessThan(20)
  })

  it.each([
    ['another rollout', { deploymentId: 'ecs-svc/0' }],
    ['another revision', { taskDefinitionArn: FROM }],
  ])('is not told by tasks of %s', async (_, other) => {
    const { options } = arrange([NOT_FOUND, NOT_FOUND].map((task) => ({ ...task, ...other })))

    await expect(roll(PLAN, TARGET, options)).rejects.toThrow(expect.objectContaining({ code: 'rollout-timeout' }))
  })

  it('is waited for when tasks may not be read, which is said once', async () => {
    const { options, log } = arrange([], (fake) => {
      fake.stoppedTasks = () => Promise.reject(new DeployError('aws-access-denied', 'AWS does not let you do ecs:ListTasks'))
    })

    await expect(roll(PLAN, TARGET, options)).rejects.toThrow(expect.objectContaining({ code: 'rollout-timeout' }))
    expect(log.lines.filter((line) => line.includes('is not seen early'))).toHaveLength(1)
  })
})
