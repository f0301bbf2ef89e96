import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, jest } from '@jest/globals'
import { run } from '../../sandbox/command.ts'
import { connectSandbox } from '../../sandbox/connect.ts'
import type { Sandbox } from '../../sandbox/connect.ts'
import { root, venv } from '../../sandbox/paths.ts'
import { pushEvent } from '../../sandbox/runner/event.ts'
import { edit } from '../../sandbox/workspace.ts'

jest.setTimeout(300_000)

type Schedule = { readonly slug: string; readonly active: boolean; readonly schedule: Readonly<Record<string, unknown>>; readonly parameters: unknown }
type Deployment = { readonly id: string; readonly description: string; readonly schedules: readonly Schedule[] }

/** The file that docs/schedules.md shows. */
const [, PAGE = ''] = /^```yaml\n([\s\S]*?)^```$/m.exec(readFileSync(join(root, 'docs/schedules.md'), 'utf8')) ?? []
const SLUGS = [...PAGE.matchAll(/slug: (\S+)/g)].map(([, slug = '']) => slug)

let sandbox: Sandbox
let workspace: string
let log: string

const live = async () => (await sandbox.prefectRequest('GET', '/deployments/name/sales-report/schedules')) as Deployment
const bySlug = ({ schedules }: Deployment) => Object.fromEntries(schedules.map((schedule) => [schedule.slug, schedule]))
/** Runs to come, which the server has made already. */
const scheduledRuns = async () => {
  const filter = { flow_runs: { state: { type: { any_: ['SCHEDULED'] } } }, limit: 200 }
  return ((await sandbox.prefectRequest('POST', '/flow_runs/filter', filter)) as readonly unknown[]).length
}

async function release(): Promise<void> {
  const step = await sandbox.run({ workspace, event: pushEvent(), inputs: { service: '' } })
  if (step.exitCode !== 0) throw new Error(`The release failed:\n${step.log}`)
  log = step.log
}

/** What the plan in the log changes, line by line. */
function changes(): string[] {
  return [...log.matchAll(/^ {2}(\S+: .* → .*)$/gm)].map(([, change = '']) => change)
}

/** As the page says, typed into a terminal. */
async function prefect(...args: string[]): Promise<void> {
  const home = sandbox.endpoints.folder
  await run([join(venv, 'bin/prefect'), '--no-prompt', ...args], {
    env: { PATH: `${join(venv, 'bin')}:${process.env.PATH ?? ''}`, HOME: home, PREFECT_HOME: home, DO_NOT_TRACK: '1', PREFECT_API_URL: sandbox.endpoints.prefect.directUrl },
  })
}

beforeAll(async () => {
  sandbox = connectSandbox()
  await sandbox.reset()
  workspace = await sandbox.checkOut()
  writeFileSync(join(workspace, 'prefect.yaml'), PAGE)
  await release()
})

describe('the file of docs/schedules.md', () => {
  it('is released without a warning about its schedules, each under its slug', async () => {
    const { schedules } = await live()

    expect(SLUGS).toHaveLength(7)
    expect(schedules.map(({ slug }) => slug).toSorted()).toEqual(SLUGS.toSorted())
    expect(schedules.every(({ active }) => active)).toBe(true)
    expect(log).not.toMatch(/schedule-without|no run/)
  })

  it('has what the old forms meant: intervals with their anchor, cron and rules with their time zone', async () => {
    const found = bySlug(await live())

    expect(found['daily-at-nine']?.schedule).toMatchObject({ interval: 86_400, timezone: 'America/New_York' })
    expect(Date.parse(String(found['daily-at-nine']?.schedule.anchor_date))).toBe(Date.parse('2026-01-01T21:05:00-05:00'))
    expect(found['every-five-minutes']?.schedule).toMatchObject({ interval: 300 })
    expect(found.wednesdays).toMatchObject({ schedule: { cron: '15 20 * * WED', timezone: 'Europe/Berlin' }, parameters: { period: 'week' } })
    expect(found.campaign?.schedule).toMatchObject({ rrule: expect.stringContaining('COUNT=7'), timezone: 'Europe/Berlin' })
  })
})

describe('a release window', () => {
  it('lasts through a release: nothing that was paused before it is active or scheduled after it', async () => {
    expect(await scheduledRuns()).toBeGreaterThan(0)
    await prefect('deployment', 'schedule', 'pause', '--all')
    edit(workspace, 'prefect.yaml', '15 20 * * WED', '15 21 * * WED')
    edit(workspace, 'prefect.yaml', 'name: schedules', 'name: schedules\n    description: Changed in the window.')

    await release()

    const after = await live()
    expect(after.description).toBe('Changed in the window.')
    expect(after.schedules.filter(({ active }) => active)).toEqual([])
    expect(bySlug(after).wednesdays?.schedule).toMatchObject({ cron: '15 21 * * WED' })
    expect(await scheduledRuns()).toBe(0)
  })

  it('ends when it is resumed: all schedules are active, and the next release has only the parameters to put back that Prefect dropped', async () => {
    await prefect('deployment', 'schedule', 'resume', '--all')
    const resumed = await live()

    await release()

    expect(resumed.schedules.filter(({ active }) => !active)).toEqual([])
    expect(bySlug(resumed).wednesdays?.parameters).toEqual({})
    expect(changes()).toEqual(['schedules.wednesdays.parameters.period: (none) → week'])
    expect(bySlug(await live()).wednesdays?.parameters).toEqual({ period: 'week' })
    await release()
    expect(changes()).toEqual([])
  })

  it('can be a commit: "active: false" pauses one schedule, and without the line it stays so', async () => {
    const rule = 'cron: "15 21 * * WED"'
    edit(workspace, 'prefect.yaml', rule, `active: false\n        ${rule}`)
    await release()
    const paused = bySlug(await live()).wednesdays?.active
    edit(workspace, 'prefect.yaml', `active: false\n        ${rule}`, rule)
    await release()
    const kept = bySlug(await live()).wednesdays?.active
    edit(workspace, 'prefect.yaml', rule, `active: true\n        ${rule}`)
    await release()

    expect([paused, kept, bySlug(await live()).wednesdays?.active]).toEqual([false, false, true])
    expect(log).toContain('pause-overridden')
  })
})
