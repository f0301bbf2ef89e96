import { describe, expect, it } from '@jest/globals'
import { aDesired, aDesiredSchedule, aLive, aScheduleOf } from '../../__fixtures__/desired-deployment.ts'
import { plansOf, setUpEventful, stateOf } from '../../__fixtures__/eventful-release.ts'
import { createFakeClock } from '../../__fixtures__/fake-clock.ts'
import { createFakeLog } from '../../__fixtures__/fake-log.ts'
import { createFakeWorkspace } from '../../__fixtures__/fake-workspace.ts'
import type { FakeRun } from '../../__fixtures__/fake-workspace.ts'
import { applyDeployments } from '../../src/deployment/apply.ts'
import type { DesiredDeployment } from '../../src/deployment/desired-deployment.ts'
import { planDeployment } from '../../src/deployment/plan.ts'
import { DeployError } from '../../src/errors.ts'
import type { LiveDeployment } from '../../src/prefect-ports.ts'

/** Numbers of all writes but those that make late runs again, whose failure is only warned of. */
const EACH = await writesOfRelease()

async function writesOfRelease(): Promise<number[]> {
  const context = setUpEventful()
  await applyDeployments(await plansOf(context.workspace), context)
  return context.workspace.writes.flatMap(({ kind }, index) => (kind === 'restore-run' ? [] : [index + 1]))
}

describe('a release that fails', () => {
  const refuse = () => {
    throw new DeployError('prefect-request-failed', 'Prefect said no')
  }
  const lose = () => {
    throw new DeployError('prefect-unreachable', 'Prefect was not reached')
  }
  const breakDown = () => {
    throw new DeployError('prefect-request-failed', 'Prefect answered with 500', { mayBeDone: true })
  }

  it.each(EACH)('leaves all as it was when write %i is refused', async (failing) => {
    await expect(stateAfter(failing, { before: refuse })).resolves.toEqual(stateOf(setUpEventful().workspace))
  })

  it.each(EACH)('leaves all as it was when the server breaks down before write %i', async (failing) => {
    await expect(stateAfter(failing, { before: breakDown })).resolves.toEqual(stateOf(setUpEventful().workspace))
  })

  it.each(EACH)('leaves all as it was when the answer of write %i is lost', async (failing) => {
    await expect(stateAfter(failing, { after: lose })).resolves.toEqual(stateOf(setUpEventful().workspace))
  })

  it('leaves all as it was when the server did not take a part of it', async () => {
    const context = setUpEventful()
    const plans = await plansOf(context.workspace)
    const verify = () => Promise.reject(new DeployError('write-not-taken', 'It still differs'))
    await expect(applyDeployments(plans, { ...context, verify })).rejects.toMatchObject({
      code: 'write-not-taken', message: expect.stringMatching(/^It still differs\. Put back: etl\/new, /),
    })
    expect(stateOf(context.workspace)).toEqual(stateOf(setUpEventful().workspace))
  })

  it('puts nothing back when it only could not be read back', async () => {
    const context = setUpEventful()
    const verify = () => Promise.reject(new DeployError('prefect-unreachable', 'Prefect was not reached'))
    const before = stateOf(context.workspace)
    await expect(applyDeployments(await plansOf(context.workspace), { ...context, verify })).rejects.toThrow(/^Prefect was not reached$/)
    expect(stateOf(context.workspace)).not.toEqual(before)
    expect(context.log.lines).toEqual([])
  })

  async function stateAfter(failing: number, { before, after }: { before?: () => void; after?: () => void }) {
    const context = setUpEventful()
    const { workspace } = context
    workspace.beforeWrite = (number) => { if (number === failing) before?.() }
    workspace.afterWrite = (number) => { if (number === failing) after?.() }
    await expect(applyDeployments(await plansOf(workspace), context)).rejects.toBeInstanceOf(DeployError)
    return stateOf(workspace)
  }
})

function setUp(live: readonly LiveDeployment[], runs: readonly FakeRun[] = []) {
  const clock = createFakeClock(new Date('2026-11-24T10:00:30Z'))
  const workspace = createFakeWorkspace({ clock, deployments: live, runs, workPools: [{ name: 'ecs', type: 'ecs', paused: false, status: null, baseJobTemplate: {} }] })
  return { workspace, survey: workspace.survey, clock, log: createFakeLog(), results: {} }
}

function planOf(desired: DesiredDeployment, { workspace }: ReturnType<typeof setUp>) {
  return planDeployment(desired, workspace.deployments.find(({ name }) => name === desired.name), {})
}

const notTaken = () => Promise.reject(new DeployError('write-not-taken', 'It still differs'))

describe('a new deployment that is deleted again', () => {
  it('takes along its runs that have not started, also one that a worker has already', async () => {
    const context = setUp([])
    const plan = planOf(aDesired({ schedules: [aDesiredSchedule('a', '* * * * *')] }), context)
    const verify = () => {
      context.workspace.runs = context.workspace.runs.map((run, index) => (index === 0 ? { ...run, pending: true } : run))
      return notTaken()
    }
    await expect(applyDeployments([plan], { ...context, verify })).rejects.toThrow('Put back: etl/nightly')
    expect(context.workspace.runs).toEqual([])
    expect(context.workspace.deployments).toEqual([])
    expect(context.log.lines).toContain('info: put back etl/nightly: it was new and is deleted')
  })
})

describe('a schedule that is created again', () => {
  const run = (schedule: string, time: string): FakeRun => ({ deployment: 'd1', schedule, due: new Date(`2026-11-24T${time}:00Z`) })

  it('has its own most runs, its late runs, and those of later once', async () => {
    const schedules = [aScheduleOf('kept', '* * * * *'), aScheduleOf('removed', '* * * * *', { maxScheduledRuns: 7 })]
    const late = [run('id-kept', '09:58'), run('id-removed', '09:59')]
    const context = setUp([aLive({ schedules })], [...late, run('id-kept', '10:01'), run('id-removed', '10:01')])
    const plan = planOf(aDesired({ schedules: [aDesiredSchedule('kept', '* * * * *')] }), context)

    await expect(applyDeployments([plan], { ...context, verify: notTaken })).rejects.toThrow('Put back')

    const [live] = context.workspace.deployments
    expect(live?.schedules.map(({ slug, maxScheduledRuns }) => [slug, maxScheduledRuns])).toEqual([['kept', null], ['removed', 7]])
    const due = context.workspace.runs.map(({ due: date }) => date.toISOString().slice(11, 16)).sort()
    expect(due).toEqual(['09:58', '09:59', '10:01', '10:01', '10:02', '10:02', '10:03', '10:03'])
  })
})

describe('a deployment that somebody pauses while a release writes', () => {
  const live = aLive({ schedules: [aScheduleOf('a', '* * * * *')] })
  const pauses = (context: ReturnType<typeof setUp>) => {
    context.workspace.afterWrite = (_, { kind }) => {
      if (kind === 'update-deployment') context.workspace.deployments.splice(0, 1, { ...live, paused: true })
    }
  }

  it('gets no runs, which would be started', async () => {
    const context = setUp([live])
    pauses(context)
    await applyDeployments([planOf(aDesired({ fields: { tags: [] }, schedules: [aDesiredSchedule('a', '* * * * *')] }), context)], context)
    expect(context.workspace.runs).toEqual([])
    expect(context.log.lines).toEqual(['notice: etl/nightly was paused meanwhile: it gets no runs until it is resumed'])
  })

  it('gets none either when all is put back', async () => {
    const context = setUp([live])
    pauses(context)
    const plan = planOf(aDesired({ fields: { tags: [] }, schedules: [aDesiredSchedule('a', '* * * * *')] }), context)
    await expect(applyDeployments([plan], { ...context, verify: notTaken })).rejects.toThrow('Put back')
    expect(context.workspace.runs).toEqual([])
  })
})

describe('asking who is paused', () => {
  it('takes one request a second, whatever the number of deployments', async () => {
    const live = Array.from({ length: 30 }, (_, index) => aLive({ id: `d${index}`, name: `n${index}`, schedules: [aScheduleOf('a', '* * * * *')] }))
    const context = setUp(live)
    const asked: number[] = []
    const workspace = {
      ...context.workspace,
      pausedOf: (ids: readonly string[]) => {
        asked.push(ids.length)
        return context.workspace.pausedOf(ids)
      },
    }
    context.workspace.afterWrite = () => void context.clock.sleep(100)
    const plans = live.map(({ name }) => planOf(aDesired({ name, fields: { tags: [] }, schedules: [aDesiredSchedule('a', '* * * * *')] }), context))
    await applyDeployments(plans, { ...context, workspace })
    expect(context.workspace.writes).toHaveLength(60)
    expect(asked).toEqual([30, 30, 30, 30, 30, 30])
  })
})
