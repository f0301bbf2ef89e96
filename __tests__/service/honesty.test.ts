import { describe, expect, it } from '@jest/globals'
import { createFakeClock } from '../../__fixtures__/fake-clock.ts'
import { createFakeLog } from '../../__fixtures__/fake-log.ts'
import { createFakeServices } from '../../__fixtures__/fake-services.ts'
import type { FakeServices, Fate } from '../../__fixtures__/fake-services.ts'
import { revisionArn } from '../../__fixtures__/fake-task-definitions.ts'
import type { Rollout } from '../../src/ecs-ports.ts'
import type { LiveWorker } from '../../src/prefect-ports.ts'
import type { ServicePlan } from '../../src/service/plan.ts'
import { progressOfRollout } from '../../src/service/progress.ts'
import { roll } from '../../src/service/rollout.ts'
import type { RolloutOptions } from '../../src/service/rollout.ts'

const FROM = revisionArn('worker', 4)
const TARGET = revisionArn('worker', 5)
const OTHER = revisionArn('worker', 6)
const PLAN: ServicePlan = {
  action: 'roll', reference: { cluster: 'default', service: 'worker' }, from: FROM, target: TARGET, definition: 'flow', reason: '', restartsWorker: true,
}

function arrange(fates: readonly Fate[], change: (services: FakeServices) => void = () => undefined) {
  const clock = createFakeClock()
  const services = createFakeServices(FROM, clock)
  services.fates.push(...fates)
  change(services)
  const log = createFakeLog()
  const reported: string[] = []
  const report = (status: string) => { reported.push(status) }
  const options = { services, clock, log, timeoutMinutes: 15, wait: true, rollback: true, report } satisfies RolloutOptions
  return { services, clock, log, options, reported }
}

describe('a deployment that a PAUSE hook holds', () => {
  it('ends the step as paused, says how it goes on, and is left as it is', async () => {
    const { services, options, reported, log } = arrange(['paused'])

    await expect(roll(PLAN, TARGET, options)).rejects.toThrow(
      expect.objectContaining({
        code: 'rollout-paused',
        message: expect.stringMatching(/to worker:5 is paused at POST_SCALE_UP.* at 2026-12-08T10:00:00\.000Z ECS decides by itself: ROLLBACK\. It is left so/),
        hint: expect.stringMatching(/aws ecs continue-service-deployment --service-deployment-arn arn:\S+\/1 --hook-id hook-1"/),
      }),
    )
    expect({ reported, stops: services.stops, updates: services.updates }).toEqual({ reported: ['paused'], stops: [], updates: [TARGET] })
    expect(log.lines.filter((line) => line.startsWith('info: stage'))).toEqual(['info: stage SCALE_UP', 'info: stage POST_SCALE_UP'])
  })

  it('is found again by the next run', async () => {
    const { services, clock, options } = arrange(['paused'])
    await services.update(PLAN.reference, TARGET)
    await clock.sleep(2 * 24 * 60 * 60 * 1000)

    await expect(roll(PLAN, TARGET, options)).rejects.toThrow(expect.objectContaining({ code: 'rollout-paused' }))
    expect(services.updates).toEqual([TARGET])
  })
})

describe('a service of another strategy', () => {
  const unlisted = (fake: FakeServices) => {
    fake.permitted = false
    fake.overrides = { strategy: 'CANARY' }
  }

  it('is not rolled when nobody could tell how that goes', async () => {
    const { services, options } = arrange(['success'], unlisted)

    await expect(roll(PLAN, TARGET, options)).rejects.toThrow(
      expect.objectContaining({ code: 'service-unsupported', hint: expect.stringMatching(/ecs:ListServiceDeployments.* or set wait to false/) }),
    )
    expect(services.updates).toEqual([])
  })

  it('is started without that when it is not to be waited for', async () => {
    const { services, options } = arrange(['success'], unlisted)

    await expect(roll(PLAN, TARGET, { ...options, wait: false })).resolves.toMatchObject({ status: 'started' })
    expect(services.updates).toEqual([TARGET])
  })
})

describe.each([
  ['by its service deployment', true, /told to run \S+worker:6/],
  ['by the service alone', false, /ecs-svc\/2 to \S+worker:6, IN_PROGRESS/],
])('a rollout that another release overtakes, followed %s', (_, permitted, named) => {
  it('says who took over, and leaves that one alone', async () => {
    const { services, clock, options, reported } = arrange(['hangs', 'hangs'], (fake) => {
      fake.permitted = permitted
    })
    clock.onTick = () => {
      if (services.updates.length > 1) return
      void services.update(PLAN.reference, OTHER)
    }

    await expect(roll(PLAN, TARGET, options)).rejects.toThrow(
      expect.objectContaining({ code: 'rollout-superseded', message: expect.stringMatching(named) }),
    )
    expect({ reported, stops: services.stops, updates: services.updates }).toEqual({ reported: ['failed'], stops: [], updates: [TARGET, OTHER] })
  })
})

describe('a service deployment that was stopped', () => {
  const rollout = (number: number, taskDefinitionArn: string, status: string): Rollout => ({
    arn: `arn:aws:ecs:eu-central-1:123456789012:service-deployment/default/worker/${number}`, status, taskDefinitionArn,
    reason: '', createdAt: new Date(0), requested: 1, running: 0, pending: 0, stage: '', pause: undefined,
  })

  it('is superseded by the newer one that is listed', () => {
    expect(progressOfRollout([rollout(2, OTHER, 'PENDING'), rollout(1, TARGET, 'STOP_REQUESTED')], TARGET, new Set())).toMatchObject({
      status: 'superseded', reason: `${rollout(2, OTHER, '').arn} to ${OTHER}, PENDING`,
    })
  })

  it('has failed when there is none', () => {
    expect(progressOfRollout([rollout(1, TARGET, 'STOPPED'), rollout(0, FROM, 'SUCCESSFUL')], TARGET, new Set())).toMatchObject({ status: 'failed' })
  })
})

describe('a service that is steady', () => {
  const before: LiveWorker = { id: 'w1', name: 'old', isOnline: true, lastHeartbeat: new Date('2026-11-24T09:59:50Z') }
  const fresh: LiveWorker = { id: 'w2', name: 'new', isOnline: true, lastHeartbeat: new Date('2026-11-24T10:00:10Z') }
  const pool = (workers: () => readonly LiveWorker[]) =>
    ({ pools: ['etl'], isTold: true, name: undefined, workspace: { workersOf: () => Promise.resolve(workers()) } })

  it('is rolled once its new worker is online', async () => {
    const { services, options, log } = arrange(['success'])
    const worker = pool(() => (services.updates.length === 0 ? [before] : [fresh, before]))

    await expect(roll(PLAN, TARGET, { ...options, worker })).resolves.toMatchObject({ status: 'rolled' })
    expect(log.lines).toContain('info: Worker new is online')
  })

  it('fails and is put back when no new worker comes', async () => {
    const { services, options, reported } = arrange(['success'])
    services.logLines.push('prefect.exceptions: PREFECT_API_KEY=pnu_12345 is not valid')
    services.tasks.push({
      arn: 'arn:aws:ecs:eu-central-1:123456789012:task/default/1', taskDefinitionArn: TARGET, deploymentId: 'ecs-svc/1',
      stopCode: 'ServiceSchedulerInitiated', reason: 'Scaling activity', containers: [{ name: 'worker', exitCode: 143, reason: '' }],
    })

    await expect(roll(PLAN, TARGET, { ...options, worker: pool(() => [before]) })).rejects.toThrow(
      expect.objectContaining({
        code: 'worker-offline',
        message: expect.stringMatching(/no new worker came online in work pool etl within 90 seconds: the newest there is old.* Service worker was put back.*KEY=\*\*\* is not valid/s),
        hint: expect.stringContaining('PREFECT_API_URL'),
      }),
    )
    expect({ reported, updates: services.updates }).toEqual({ reported: ['rolled-back'], updates: [TARGET, FROM] })
  })

  it('fails and is left when rollback is off', async () => {
    const { services, options, reported } = arrange(['success'])

    await expect(roll(PLAN, TARGET, { ...options, rollback: false, worker: pool(() => [before]) })).rejects.toThrow(expect.objectContaining({ code: 'worker-offline' }))
    expect({ reported, updates: services.updates }).toEqual({ reported: ['failed'], updates: [TARGET] })
  })

  it('needs no worker when none is desired', async () => {
    const { options } = arrange(['success'], (fake) => {
      fake.overrides = { desiredCount: 0 }
    })

    await expect(roll(PLAN, TARGET, { ...options, worker: pool(() => []) })).resolves.toMatchObject({ status: 'rolled' })
  })
})
