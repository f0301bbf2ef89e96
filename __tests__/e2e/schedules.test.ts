import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, jest } from '@jest/globals'
import { stringify } from 'yaml'
import { connectSandbox } from '../../sandbox/connect.ts'
import type { Sandbox } from '../../sandbox/connect.ts'
import { pushEvent } from '../../sandbox/runner/event.ts'
import { deploymentIds } from '../../sandbox/scenario.ts'
import { workPool } from '../../sandbox/scene.ts'

jest.setTimeout(600_000)

/** 30 by `npm run check:schedules`; each takes at least as long as its delay. */
const RELEASES = Number(process.env.RELEASES ?? 8)
/** Seconds between the runs of a schedule. */
const INTERVAL = 2
/** How long `…/schedule` is held up, so that at least one run falls due after the write and before it. */
const DELAY = 2100
/** Deployments that each release changes. */
const CHANGED = ['ticking', 'halted', 'muted', 'unslugged'] as const

type Run = {
  readonly id: string
  readonly name: string
  readonly created: string
  readonly expected_start_time: string
  readonly state_type: string
  readonly parameters: unknown
}
type Schedule = { readonly id: string; readonly slug: string | null; readonly active: boolean }
type Deployment = { readonly paused: boolean; readonly description: string; readonly schedules: readonly Schedule[] }

let sandbox: Sandbox
let workspace: string
let image: string
let ids: Map<string, string>

const path = (name: string) => `/deployments/${ids.get(name) ?? ''}`
const live = async (name: string) => (await sandbox.prefectRequest('GET', path(name))) as Deployment
const instant = ({ expected_start_time: due }: Run) => Date.parse(due)

describe(`${RELEASES} releases in a row, each with a delay between the write and the scheduling`, () => {
  let from: number
  let until: number
  let pending: Run[]
  let adopted: string

  beforeAll(async () => {
    sandbox = connectSandbox()
    await sandbox.reset()
    workspace = await sandbox.checkOut()
    await release('first', ['alone', ...CHANGED].filter((name) => name !== 'unslugged'))
    adopted = await createUnslugged()
    await sandbox.prefectRequest('POST', `${path('halted')}/pause_deployment`)
    await pauseSchedule('muted', 'ticks')
    await sandbox.prefect.fault({ path: `${path('ticking')}/schedule$`, times: 1000, delayMilliseconds: DELAY })
    from = Date.now()
    pending = []
    for (let number = 1; number <= RELEASES; number++) {
      if (number % 10 === 5) pending.push(await handOver())
      await release(`release ${number}`, ['alone', ...CHANGED])
    }
    until = Date.now()
    await sandbox.prefect.clearFaults()
  })

  it('were each a write of every deployment that changed, and of no other', async () => {
    const descriptions = await Promise.all(['alone', ...CHANGED].map(async (name) => (await live(name)).description))
    expect(descriptions).toEqual(['The same.', ...CHANGED.map(() => `Of release ${RELEASES}.`)])
  })

  it('leave no hole between the runs, and make none twice', async () => {
    const [ticking, alone] = (await Promise.all(['ticking', 'alone'].map(runsOf))).map((runs) => runs.map(instant).filter(isMeanwhile).toSorted((a, b) => a - b))

    expect(ticking).toEqual(alone)
    expect(new Set(ticking).size).toBe(ticking?.length)
    expect(ticking?.length).toBeGreaterThanOrEqual(Math.floor((until - from) / 1000 / INTERVAL) - 1)
  })

  it('leave a run that a worker has taken to it, and make none in its place', async () => {
    const runs = await runsOf('ticking')
    expect(pending).toHaveLength(Math.ceil((RELEASES - 4) / 10))
    for (const taken of pending) {
      expect(runs.filter((run) => instant(run) === instant(taken))).toMatchObject([{ id: taken.id, state_type: 'PENDING' }])
    }
  })

  it('start nothing that was paused in the user interface: a deployment, a schedule, a schedule without slug', async () => {
    expect(await live('halted')).toMatchObject({ paused: true })
    expect((await live('muted')).schedules).toEqual(expect.arrayContaining([expect.objectContaining({ slug: 'ticks', active: false })]))
    expect((await live('unslugged')).schedules).toMatchObject([{ id: adopted, slug: 'ticks', active: false }])

    const made = await Promise.all(['halted', 'muted', 'unslugged'].map(async (name) => (await runsOf(name)).filter(({ created }) => Date.parse(created) > from)))
    expect([made[0], made[2]]).toEqual([[], []])
    expect(made[1]?.filter(({ expected_start_time: due }) => !due.includes('T03:00:00'))).toEqual([])
    expect(made[1]).not.toEqual([])
  })

  const isMeanwhile = (time: number) => time >= from && time <= until
})

describe('a release that removes one schedule', () => {
  it('leaves the late runs of the others: by name, instant and parameters, and under other ids, for the server deletes them', async () => {
    await release('before', ['late'])
    const schedules = (await live('late')).schedules
    await sandbox.prefectRequest('POST', `${path('late')}/schedule`, { start_time: new Date(Date.now() - 4 * 3_600_000).toISOString(), end_time: new Date().toISOString() })
    const before = (await runsOf('late')).filter(isLate)

    await release('after', ['late'], { removed: true })

    const after = (await runsOf('late')).filter(isLate)
    const content = (runs: readonly Run[]) => runs.map(({ name, expected_start_time, parameters }) => ({ name, expected_start_time, parameters }))
    expect(before.length).toBeGreaterThanOrEqual(6)
    expect(content(after)).toEqual(content(before.filter(({ parameters }) => JSON.stringify(parameters) === '{"period":"week"}')))
    expect(after.length).toBeLessThan(before.length)
    expect(before.map(({ id }) => id)).not.toEqual(expect.arrayContaining(after.map(({ id }) => id)))
    expect((await live('late')).schedules.map(({ id }) => id)).toEqual(schedules.filter(({ slug }) => slug === 'kept').map(({ id }) => id))
  })
})

const isLate = (run: Run) => instant(run) < Date.now()

async function release(title: string, names: readonly string[], { removed = false } = {}): Promise<void> {
  writeFileSync(join(workspace, 'prefect.yaml'), stringify({ deployments: names.map((name) => deployment(name, title, removed)) }))
  const step = await sandbox.run({ workspace, event: pushEvent(), inputs: { service: '', ...(title !== 'first' && { image }) } })
  if (step.exitCode !== 0) throw new Error(`${title} failed:\n${step.log}`)
  image = step.outputs['image-digest'] ?? ''
  ids = new Map([...(title === 'first' ? [] : ids), ...deploymentIds(step)])
}

function deployment(name: string, title: string, removed: boolean) {
  const ticks = { interval: INTERVAL, anchor_date: '2026-01-01T00:00:00+00:00', timezone: 'UTC', slug: 'ticks' }
  const hours = (slug: string, period: string) => ({ interval: 3600, anchor_date: `2026-01-01T00:${slug === 'kept' ? '10' : '20'}:00+00:00`, slug, parameters: { period } })
  const schedules = {
    muted: [ticks, { cron: '0 3 * * *', timezone: 'UTC', slug: 'nightly' }],
    late: [hours('kept', 'week'), ...(removed ? [] : [hours('removed', 'month')])],
  }[name] ?? [ticks]
  return {
    name, schedules,
    description: name === 'alone' ? 'The same.' : `Of ${title}.`,
    entrypoint: 'flows/report.py:report',
    work_pool: { name: workPool },
  }
}

/** As an old `prefect deploy` made it, and somebody paused it. @returns the schedule's id. */
async function createUnslugged(): Promise<string> {
  const { id: flow } = (await sandbox.prefectRequest('GET', '/flows/name/sales-report')) as { id: string }
  const rule = { interval: INTERVAL, anchor_date: '2026-01-01T00:00:00+00:00', timezone: 'UTC' }
  const created = (await sandbox.prefectRequest('POST', '/deployments/', {
    name: 'unslugged', flow_id: flow, entrypoint: 'flows/report.py:report', work_pool_name: workPool, schedules: [{ schedule: rule, active: false }],
  })) as { id: string; schedules: readonly Schedule[] }
  ids.set('unslugged', created.id)
  return created.schedules[0]?.id ?? ''
}

async function pauseSchedule(name: string, slug: string): Promise<void> {
  const schedule = (await live(name)).schedules.find((each) => each.slug === slug)
  await sandbox.prefectRequest('PATCH', `${path(name)}/schedules/${schedule?.id ?? ''}`, { active: false })
}

/** A worker takes the run that is due in some seconds. */
async function handOver(): Promise<Run> {
  const next = (await runsOf('ticking')).find((run) => instant(run) > Date.now() + 3000)
  if (next === undefined) throw new Error('There is no run to come')
  await sandbox.prefectRequest('POST', `/flow_runs/${next.id}/set_state`, { state: { type: 'PENDING' }, force: true })
  return next
}

/** In the order in which they are due. */
async function runsOf(name: string): Promise<Run[]> {
  const runs: Run[] = []
  for (;;) {
    const body = { deployments: { id: { any_: [ids.get(name) ?? ''] } }, sort: 'EXPECTED_START_TIME_ASC', limit: 200, offset: runs.length }
    const page = (await sandbox.prefectRequest('POST', '/flow_runs/filter', body)) as Run[]
    runs.push(...page)
    if (page.length < 200) return runs
  }
}
