import { describe, expect, it } from '@jest/globals'
import { createFakeClock } from '../../__fixtures__/fake-clock.ts'
import type { FakeClock } from '../../__fixtures__/fake-clock.ts'
import { createFakeLog } from '../../__fixtures__/fake-log.ts'
import { createFakeWorkspace } from '../../__fixtures__/fake-workspace.ts'
import type { FakeWorkspace, FakeWorkspaceOptions } from '../../__fixtures__/fake-workspace.ts'
import { applyDeployments } from '../../src/deployment/apply.ts'
import type { DeploymentPlan } from '../../src/deployment/plan.ts'
import type { PlannedRequest, PlannedWrite } from '../../src/deployment/planned-writes.ts'
import { deploymentsNotTaken } from '../../src/deployment/verify.ts'
import { DeployError } from '../../src/errors.ts'
import { PlannedText, resultOf, sensitive } from '../../src/planned.ts'
import type { LiveDeployment, LiveSchedule, PrefectWrite } from '../../src/prefect-ports.ts'

const schedule = (slug: string, active = true): LiveSchedule => ({
  id: `id-${slug}`,
  slug,
  active,
  schedule: { cron: '* * * * *' },
  parameters: {},
  maxScheduledRuns: null,
})

function live(name: string, overrides: Partial<LiveDeployment> = {}): LiveDeployment {
  const fields = { flow_id: 'flow-etl', tags: ['old'], job_variables: { image: 'repo@sha256:old' } }
  return {
    id: `id-${name}`,
    name,
    flowName: 'etl',
    updated: '',
    paused: false,
    schedules: [],
    automations: [],
    concurrencyLimit: null,
    fields,
    ...overrides,
  }
}

function plan(name: string, overrides: Partial<DeploymentPlan>): DeploymentPlan {
  const location = { file: 'prefect.yaml', line: 7 }
  return {
    name: `etl/${name}`,
    flowName: 'etl',
    deploymentName: name,
    entrypoint: 'flows/etl.py:etl',
    action: 'update',
    id: `id-${name}`,
    changes: [],
    schedules: [],
    isTakeover: false,
    writes: [],
    warnings: [],
    location,
    ...overrides,
  }
}

type WriteOptions = { reschedules?: boolean; undoReschedules?: boolean; phase?: PlannedWrite['phase'] }

function planned(
  request: PlannedRequest,
  undo: PlannedRequest,
  { reschedules = false, undoReschedules = reschedules, phase = 'reversible' }: WriteOptions = {},
): PlannedWrite {
  return { request, reschedules, phase, undo: { request: undo, reschedules: undoReschedules, loses: undefined } }
}

const tagged = (options?: WriteOptions) =>
  planned({ kind: 'update-deployment', body: { tags: ['new'] } }, { kind: 'update-deployment', body: { tags: ['old'] } }, options)

/** Every kind of write there is, over a running, a paused and a new deployment. */
const EVERYTHING: readonly DeploymentPlan[] = [
  plan('running', {
    writes: [
      tagged({ reschedules: true }),
      planned(
        { kind: 'update-schedule', id: 'id-kept', body: { schedule: { cron: '*/5 * * * *' }, parameters: { full: true } } },
        { kind: 'update-schedule', id: 'id-kept', body: { schedule: { cron: '* * * * *' }, parameters: {} } },
        { reschedules: true },
      ),
      planned(
        { kind: 'create-schedule', body: { slug: 'added', schedule: { cron: '1 * * * *' } } },
        { kind: 'delete-schedule', id: undefined },
        { reschedules: true },
      ),
      planned(
        { kind: 'delete-schedule', id: 'id-removed' },
        { kind: 'create-schedule', body: { slug: 'removed', schedule: { cron: '* * * * *' } } },
        { reschedules: true, phase: 'deletion' },
      ),
    ],
  }),
  plan('paused', { writes: [tagged()] }),
  plan('pausing', {
    writes: [
      planned(
        { kind: 'update-deployment', body: { paused: true } },
        { kind: 'update-deployment', body: { paused: false } },
        { undoReschedules: true },
      ),
    ],
  }),
  plan('untouched', { action: 'unchanged' }),
  plan('added', {
    name: 'report/added',
    flowName: 'report',
    action: 'create',
    id: undefined,
    writes: [
      planned(
        {
          kind: 'create-deployment',
          body: { name: 'added', paused: true, schedules: [{ slug: 'daily', schedule: { cron: '* * * * *' } }] },
        },
        { kind: 'delete-deployment' },
      ),
      planned(
        { kind: 'update-deployment', body: { paused: false } },
        { kind: 'update-deployment', body: { paused: true } },
        { reschedules: true, undoReschedules: false, phase: 'unpause' },
      ),
    ],
  }),
]

function setUp(options: Partial<FakeWorkspaceOptions> = {}) {
  const clock = createFakeClock(new Date('2026-11-24T10:00:30Z'))
  const log = createFakeLog()
  const schedules = [schedule('kept'), schedule('removed'), schedule('off', false)]
  const deployments = [
    live('running', { schedules }),
    live('paused', { paused: true, schedules: [schedule('idle')] }),
    live('pausing', { schedules: [schedule('hourly')] }),
    live('untouched', { schedules: [schedule('still')] }),
  ]
  const runs = [
    ...['09:55', '09:58', '10:01', '10:02', '10:03'].flatMap((time) => [run('running', 'kept', time), run('running', 'removed', time)]),
    ...['09:56', '09:57', '09:59', '10:00'].map((time) => ({ ...run('running', 'kept', time), started: true })),
    ...['10:01', '10:02', '10:03'].flatMap((time) => [run('pausing', 'hourly', time), run('untouched', 'still', time)]),
  ]
  const workspace = createFakeWorkspace({ clock, deployments, runs, ...options })
  return { workspace, survey: workspace.survey, clock, log, results: {} }
}

function run(deployment: string, slug: string, time: string) {
  return { deployment: `id-${deployment}`, schedule: `id-${slug}`, due: new Date(`2026-11-24T${time}:00Z`) }
}

/** What people see of a workspace: neither ids nor dates of writes. */
function stateOf({ deployments, runs }: FakeWorkspace) {
  const slugs = new Map(deployments.flatMap(({ schedules }) => schedules.map(({ id, slug }) => [id, slug])))
  return {
    deployments: deployments.map(({ name, paused, fields, schedules }) => ({
      name,
      paused,
      fields,
      schedules: schedules.map(({ slug, active, schedule, parameters }) => ({ slug, active, schedule, parameters })).sort(bySlug),
    })),
    runs: runs
      .map(
        (each) =>
          `${each.started === true ? 'started' : 'waiting'} ${each.deployment} ${slugs.get(each.schedule) ?? each.schedule.slice('id-'.length)} ${timeOf(each.due)}`,
      )
      .sort(),
  }
}

function timeOf(date: Date): string {
  return date.toISOString().slice(11, 16)
}

function bySlug(a: { slug: string | null }, b: { slug: string | null }): number {
  return (a.slug ?? '').localeCompare(b.slug ?? '')
}

const kinds = ({ writes }: FakeWorkspace) => writes.map(({ kind }) => kind)
const errorOf = (work: Promise<unknown>) =>
  work.then(
    () => {
      throw new Error('It did not fail')
    },
    (error: unknown) => error,
  )

describe('applyDeployments', () => {
  it('makes all reversible writes before deletions, and unpauses last', async () => {
    const context = setUp()
    await applyDeployments(EVERYTHING, context)
    expect(kinds(context.workspace)).toEqual([
      'create-flow',
      'update-deployment',
      'update-schedule',
      'create-schedule',
      'schedule-runs',
      'update-deployment',
      'update-deployment',
      'create-deployment',
      'delete-schedule',
      'restore-run',
      'restore-run',
      'schedule-runs',
      'update-deployment',
      'schedule-runs',
    ])
  })

  it('tells what became of each deployment, in the order of the plans', async () => {
    const outcomes = await applyDeployments(EVERYTHING, setUp())
    expect(outcomes.map(({ name, action }) => [name, action])).toEqual([
      ['etl/running', 'update'],
      ['etl/paused', 'update'],
      ['etl/pausing', 'update'],
      ['etl/untouched', 'unchanged'],
      ['report/added', 'create'],
    ])
    expect(outcomes.at(-1)).toMatchObject({ id: 'deployment-2', url: 'https://prefect.example/deployments/deployment/deployment-2' })
  })

  it('writes nothing when nothing changes', async () => {
    const context = setUp()
    await applyDeployments([plan('untouched', { action: 'unchanged' })], context)
    expect(context.workspace.writes).toEqual([])
  })

  it('creates the flow of new deployments once and gives them its id', async () => {
    const context = setUp()
    const create = (name: string) =>
      plan(name, {
        flowName: 'report',
        action: 'create',
        id: undefined,
        writes: [planned({ kind: 'create-deployment', body: { name } }, { kind: 'delete-deployment' })],
      })
    await applyDeployments([create('one'), create('two')], context)
    expect(kinds(context.workspace)).toEqual(['create-flow', 'create-deployment', 'create-deployment'])
    expect(context.workspace.writes[2]).toMatchObject({ body: { name: 'two', flow_id: 'flow-report' } })
  })

  it('puts the results of the release and hidden values into what it sends', async () => {
    const context = { ...setUp(), results: { image: 'repo@sha256:new', 'taskDefinition flows': 'arn:1' } }
    const body = {
      job_variables: {
        image: resultOf('image'),
        text: new PlannedText(['run ', { result: 'taskDefinition flows' }]),
        password: sensitive('hush'),
      },
    }
    await applyDeployments(
      [plan('paused', { writes: [planned({ kind: 'update-deployment', body }, { kind: 'update-deployment', body: {} })] })],
      context,
    )
    expect(context.workspace.writes).toEqual([
      {
        kind: 'update-deployment',
        id: 'id-paused',
        body: { job_variables: { image: 'repo@sha256:new', text: 'run arn:1', password: 'hush' } },
      },
    ])
  })

  it('loses no run that falls due meanwhile, keeps late ones when a schedule is deleted, invents none for a new one', async () => {
    const context = setUp()
    context.workspace.beforeWrite = (_, { kind }) => {
      if (kind === 'schedule-runs') void context.clock.sleep(45_000)
    }
    await applyDeployments([plan('running', { writes: EVERYTHING[0]?.writes ?? [] })], context)
    const runsOf = (schedule: string) =>
      context.workspace.runs
        .filter((each) => each.schedule === schedule)
        .map(({ due }) => due.toISOString().slice(11, 16))
        .sort()
    expect(runsOf('id-kept')).toEqual(['09:55', '09:56', '09:57', '09:58', '09:59', '10:00', '10:01', '10:02', '10:03', '10:04', '10:05'])
    expect(runsOf('schedule-1')).toEqual(['10:01', '10:02', '10:03', '10:04', '10:05'])
  })

  it('schedules runs from two seconds before the first write', async () => {
    const context = setUp()
    await applyDeployments([plan('running', { writes: [tagged({ reschedules: true })] })], context)
    expect(context.workspace.writes.at(-1)).toEqual({
      kind: 'schedule-runs',
      deployment: 'id-running',
      start: new Date('2026-11-24T10:00:28Z'),
    })
  })

  it('never schedules runs of a deployment that is paused after the write', async () => {
    const context = setUp()
    await applyDeployments([plan('paused', { writes: [tagged()] })], context)
    expect(kinds(context.workspace)).toEqual(['update-deployment'])
    expect(context.workspace.runs.filter(({ deployment }) => deployment === 'id-paused')).toEqual([])
  })

  it('has as many writes under way as the workspace allows', async () => {
    const deployments = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => live(name))
    const context = setUp({ deployments, writeConcurrency: 3 })
    const { workspace } = context
    let underWay = 0
    let most = 0
    const write = (each: PrefectWrite) => {
      most = Math.max(most, ++underWay)
      return workspace.write(each).finally(() => {
        underWay--
      })
    }
    const plans = deployments.map(({ name }) => plan(name, { writes: [tagged()] }))
    await applyDeployments(plans, { ...context, workspace: { ...workspace, write } })
    expect(most).toBe(3)
    expect(workspace.writes).toHaveLength(6)
  })
})

describe('applyDeployments, when a write fails', () => {
  /** All but those that make late runs again. */
  const WRITES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 14]
  const refuse = () => {
    throw new DeployError('prefect-request-failed', 'Prefect said no', { hint: 'Mend it.' })
  }

  it.each(WRITES)('leaves the workspace as it was before when write %i is refused', async (failing) => {
    const context = setUp()
    const before = stateOf(context.workspace)
    context.workspace.beforeWrite = (number) => {
      if (number === failing) refuse()
    }
    const error = await errorOf(applyDeployments(EVERYTHING, context))
    expect(error).toMatchObject({ code: 'prefect-request-failed', hint: 'Mend it.' })
    expect(stateOf(context.workspace)).toEqual(before)
  })

  it.each([
    [2, 'update-deployment'],
    [3, 'update-schedule'],
    [6, 'update-deployment'],
    [13, 'update-deployment'],
  ])('puts back write %i too when the server took it and its answer was lost', async (failing, kind) => {
    const context = setUp()
    const before = stateOf(context.workspace)
    context.workspace.afterWrite = (number, write) => {
      if (number !== failing) return
      expect(write.kind).toBe(kind)
      throw new DeployError('prefect-unreachable', 'Prefect was not reached')
    }
    await errorOf(applyDeployments(EVERYTHING, context))
    expect(stateOf(context.workspace)).toEqual(before)
  })

  it('leaves the workspace as it was before when several writes were under way', async () => {
    const context = setUp({ writeConcurrency: 4 })
    const before = stateOf(context.workspace)
    context.workspace.beforeWrite = (_, write) => {
      if (write.kind === 'create-deployment') refuse()
    }
    await errorOf(applyDeployments(EVERYTHING, context))
    expect(stateOf(context.workspace)).toEqual(before)
  })

  it('names the deployment, its place in the file and what was put back', async () => {
    const context = setUp()
    context.workspace.beforeWrite = (_, write) => {
      if (write.kind === 'create-deployment') refuse()
    }
    const error = await errorOf(applyDeployments(EVERYTHING, context))
    expect(error).toMatchObject({
      message: 'Deployment report/added could not be written: Prefect said no. Put back: etl/running, etl/paused, etl/pausing',
      location: { file: 'prefect.yaml', line: 7 },
    })
    expect(context.log.lines).toEqual([
      'info: put back etl/running: a new schedule, which is deleted',
      'info: put back etl/running: a changed schedule',
      'info: put back etl/running: tags',
      'info: put back etl/paused: tags',
      'info: put back etl/pausing: paused',
    ])
  })

  it('goes on putting back what it can, and says what it could not', async () => {
    const context = setUp()
    let failed = false
    context.workspace.beforeWrite = (_, write) => {
      if (write.kind === 'create-deployment') failed = true
      if (write.kind === 'create-deployment' || (failed && write.kind === 'update-deployment' && write.id === 'id-paused')) refuse()
    }
    const error = await errorOf(applyDeployments(EVERYTHING, context))
    expect(error).toMatchObject({
      message:
        'Deployment report/added could not be written: Prefect said no. Put back: etl/running, etl/pausing. Could not put back: etl/paused',
    })
    expect(context.log.lines).toContain('warning: could not put back etl/paused: tags: Prefect said no')
  })

  it('schedules no runs of a deployment that it could not unpause again', async () => {
    const context = setUp()
    let failed = false
    context.workspace.beforeWrite = (_, write) => {
      if (write.kind === 'create-deployment') failed = true
      if (failed && (write.kind === 'create-deployment' || write.kind === 'update-deployment')) refuse()
    }
    await errorOf(applyDeployments(EVERYTHING, context))
    const scheduled = context.workspace.writes.flatMap((write) => (write.kind === 'schedule-runs' ? [write.deployment] : []))
    expect(scheduled).not.toContain('id-pausing')
  })

  it('only warns of a late run that it cannot make again', async () => {
    const context = setUp()
    context.workspace.beforeWrite = (_, write) => {
      if (write.kind === 'restore-run') refuse()
    }
    await applyDeployments(EVERYTHING, context)
    const what = 'the late run of 2026-11-24T09:55:00.000Z was deleted with a schedule and could not be made again'
    expect(context.log.lines).toContain(`warning: etl/running: ${what}: Prefect said no`)
  })

  it('says what nothing can bring back', async () => {
    const context = setUp()
    const write = tagged()
    const lossy = { ...write, undo: { ...write.undo, loses: 'limit-slots' as const } }
    context.workspace.beforeWrite = (number) => {
      if (number === 2) refuse()
    }
    await errorOf(applyDeployments([plan('running', { writes: [lossy] }), plan('paused', { writes: [tagged()] })], context))
    expect(context.log.lines).toContain('info: put back etl/running: tags (but not the slots in use of its concurrency limit)')
  })

  it('says that nothing was changed when the first write fails', async () => {
    const context = setUp()
    context.workspace.beforeWrite = refuse
    await expect(errorOf(applyDeployments(EVERYTHING, context))).resolves.toMatchObject({
      message: 'Prefect said no. No deployment was changed',
    })
  })

  it('begins nothing more after a failure', async () => {
    const context = setUp()
    context.workspace.beforeWrite = (_, write) => {
      if (write.kind === 'update-deployment' && write.id === 'id-running') refuse()
    }
    await errorOf(applyDeployments(EVERYTHING, context))
    expect(kinds(context.workspace)).toEqual(['create-flow', 'update-deployment'])
  })
})

describe('applyDeployments, when the run is cancelled', () => {
  /** As the machine's clock: each wait after the cancellation fails. */
  function cancellingClock(clock: FakeClock): FakeClock & { cancel: () => void } {
    let cancelled = false
    const sleep = (milliseconds: number) =>
      cancelled ? Promise.reject(new DeployError('cancelled', 'The run was cancelled')) : clock.sleep(milliseconds)
    return {
      ...clock,
      sleep,
      cancel: () => {
        cancelled = true
      },
    }
  }

  it('stops writing, puts nothing back and says what was written', async () => {
    const context = setUp()
    const clock = cancellingClock(context.clock)
    context.workspace.afterWrite = (number) => {
      if (number === 6) clock.cancel()
    }
    const error = await errorOf(applyDeployments(EVERYTHING, { ...context, clock }))
    expect(error).toMatchObject({ code: 'cancelled', message: 'The run was cancelled. Already written: etl/running, etl/paused' })
    expect(context.workspace.writes).toHaveLength(6)
  })

  it('schedules the runs that its last write dropped', async () => {
    const context = setUp()
    const clock = cancellingClock(context.clock)
    const before = stateOf(context.workspace).runs
    context.workspace.afterWrite = (number) => {
      if (number === 2) clock.cancel()
    }
    await errorOf(applyDeployments(EVERYTHING, { ...context, clock }))
    expect(kinds(context.workspace)).toEqual(['create-flow', 'update-deployment', 'schedule-runs'])
    expect(stateOf(context.workspace).runs).toEqual(before)
  })

  it('deletes a new deployment that would stay paused for ever', async () => {
    const context = setUp()
    const clock = cancellingClock(context.clock)
    context.workspace.afterWrite = (_, write) => {
      if (write.kind === 'create-deployment') clock.cancel()
    }
    const error = await errorOf(applyDeployments(EVERYTHING, { ...context, clock }))
    expect(error).toMatchObject({
      message:
        'The run was cancelled. Already written: etl/running, etl/paused, etl/pausing. Deleted again before it was complete: report/added',
    })
    expect(context.workspace.deployments.map(({ name }) => name)).not.toContain('added')
  })
})

describe('deploymentsNotTaken', () => {
  it('is empty when the server took everything, and for what was not written', () => {
    const { workspace } = setUp()
    const taken = deploymentsNotTaken([plan('paused', {})], [plan('paused', { action: 'unchanged' })], { workspace, results: {} })
    const unwritten = deploymentsNotTaken([plan('paused', { action: 'unchanged' })], [plan('paused', {})], { workspace, results: {} })
    expect([taken, unwritten]).toEqual([[], []])
  })

  it('names the deployment and the fields that the server did not take', () => {
    const { workspace } = setUp()
    const again = [plan('paused', { changes: [{ path: 'tags', before: undefined, after: ['new'] }] })]
    expect(deploymentsNotTaken([plan('paused', { writes: [tagged()] })], again, { workspace, results: {} })).toMatchObject([{
      code: 'write-not-taken',
      message: 'Deployment etl/paused still differs after the write, the server (Prefect 3.8.8) did not take: tags (wanted ["new"], has nothing)',
      location: { file: 'prefect.yaml', line: 7 },
    }])
  })

  it('shows no secret of what the server did not take', () => {
    const { workspace } = setUp()
    const changes = [{ path: 'job_variables.env.TOKEN', before: sensitive('old'), after: sensitive('hush') }]
    expect(deploymentsNotTaken([plan('paused', {})], [plan('paused', { changes })], { workspace, results: {} })).toMatchObject([{
      message: 'Deployment etl/paused still differs after the write, the server (Prefect 3.8.8) did not take: '
        + 'job_variables.env.TOKEN (wanted a hidden value, has a hidden value)',
    }])
  })

  it('says that Prefect Cloud, which has no version, did not create a deployment', () => {
    const cloud = { isCloud: true, version: () => undefined }
    const plans = [plan('paused', { action: 'create' })]
    expect(deploymentsNotTaken(plans, plans, { workspace: cloud, results: {} })).toMatchObject([
      { code: 'write-not-taken', message: 'Deployment etl/paused was created and is not there, says Prefect Cloud' },
    ])
  })
})
