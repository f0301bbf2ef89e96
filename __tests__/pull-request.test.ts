import { describe, expect, it } from '@jest/globals'
import { BASE, HEAD, onPullRequest, onPush } from '../__fixtures__/events.ts'
import { aProject, PREFECT_FILE } from '../__fixtures__/project.ts'
import type { Project } from '../__fixtures__/project.ts'
import { readRecord } from '../src/report/plan-record.ts'

const MERGED = 'd'.repeat(40)
const NEXT = 'e'.repeat(40)
const TAGGED = `${PREFECT_FILE}  tags: [daily]\n`

/** A project with an open pull request 7 that is at HEAD. */
function aPullRequest(options: Parameters<typeof aProject>[0] = {}): Project {
  const project = aProject(options)
  project.ports.github.heads.set(7, HEAD)
  return project
}

const bodies = ({ ports }: Project) => ports.github.kept.map(({ body }) => body)

function onMerge({ ports }: Project): Record<string, string> {
  ports.github.merges.set(MERGED, 7)
  return onPush({ commit: MERGED })
}

describe('the comment of a pull request', () => {
  it('shows the plan, and nothing is written', async () => {
    const project = aPullRequest()
    const { log, plan } = await project.step(onPullRequest())

    expect(log.failures).toEqual([])
    expect(project.ports.writes).toEqual([])
    expect(bodies(project)).toEqual([expect.stringContaining('Merging this **builds the image**')])
    expect(readRecord(bodies(project)[0] ?? '')).toMatchObject({ name: 'default', commit: HEAD, hash: plan?.hash, state: 'planned' })
  })

  it('stays one, and is left alone by a run that says the same', async () => {
    const project = aPullRequest()
    await project.step(onPullRequest())
    const before = project.ports.github.calls.length
    await project.step(onPullRequest())

    expect(bodies(project)).toHaveLength(1)
    expect(project.ports.github.calls.slice(before).filter((call) => /create|edit/.test(call))).toEqual([])
  })

  it('of a plan that failed says so above the plan of the older commit', async () => {
    const project = aPullRequest()
    await project.step(onPullRequest())
    project.ports.github.heads.set(7, NEXT)
    project.edit('prefect.yaml', 'deployments: [{name: nightly}]')
    await project.step(onPullRequest({ head: NEXT }))

    expect(bodies(project)).toEqual([expect.stringMatching(/failed[^]*has no entrypoint[^]*Merging this/)])
  })

  it('says after the merge what was applied', async () => {
    const project = aPullRequest()
    const { plan } = await project.step(onPullRequest())
    const { log } = await project.step(onMerge(project))

    expect(log.outputs['plan-hash']).toBe(plan?.hash)
    expect(bodies(project)).toEqual([expect.stringContaining('**Applied** on 24 Nov 2026')])
    expect(log.lines.filter((line) => /^notice:.*(pull request|comment)/.test(line))).toEqual([])
  })

  it('is not made by a release that had no plan', async () => {
    const project = aPullRequest()
    await project.step(onMerge(project))

    expect(bodies(project)).toEqual([])
  })

  it('that GitHub refuses is one notice, and the plan is in the summary', async () => {
    const project = aPullRequest()
    project.ports.github.failure = new Error('the token may not do that.')
    const { log } = await project.step(onPullRequest())

    expect(log.failures).toEqual([])
    expect(log.lines.filter((line) => line.startsWith('notice:'))).toEqual([expect.stringContaining('the token may not do that.')])
    expect(log.summaries).toHaveLength(1)
  })
})

describe('a release after a plan', () => {
  it('says which parts of the plan no longer hold', async () => {
    const project = aPullRequest()
    await project.step(onPullRequest())
    project.edit('prefect.yaml', TAGGED)
    const { log } = await project.step(onMerge(project))

    expect(log.lines).toContainEqual(expect.stringMatching(/^notice: Not as planned on the pull request: .*etl\/nightly/))
    expect(bodies(project)[0]).toContain('etl/nightly')
  })

  it('applies the plan whose hash is expected', async () => {
    const project = aPullRequest()
    const { plan } = await project.step(onPullRequest())
    const { log } = await project.step({ ...onMerge(project), 'INPUT_EXPECT-PLAN-HASH': plan?.hash ?? '' })

    expect(log.failures).toEqual([])
    expect(project.ports.writes).toContain('create deployment')
  })

  it('stops when another plan is expected, before anything is written', async () => {
    const project = aPullRequest()
    const { plan } = await project.step(onPullRequest())
    project.edit('prefect.yaml', TAGGED)
    const { log } = await project.step({ ...onMerge(project), 'INPUT_EXPECT-PLAN-HASH': plan?.hash ?? '' })

    expect(log.failures).toMatchObject([{ code: 'plan-changed', message: expect.stringContaining('etl/nightly') }])
    expect(project.ports.writes).toEqual([])
    expect(bodies(project)).toEqual([expect.stringContaining('**Failed**')])
  })
})

describe('the impact of a plan', () => {
  it('counts the runs of the deployments that change, and asks nothing when none does', async () => {
    const project = aPullRequest()
    await project.step()
    expect((await project.step(onPullRequest())).plan?.impact).toMatchObject({ scheduledRuns: 0, lateRuns: 0, pendingRuns: [] })

    project.edit('prefect.yaml', TAGGED)
    const { plan } = await project.step(onPullRequest())
    const future = project.ports.workspace.runs.filter(({ due }) => due > project.ports.clock.now())

    expect(future.length).toBeGreaterThan(0)
    expect(plan?.impact).toMatchObject({ scheduledRuns: future.length, takeovers: 0 })
  })

  it('marks what was set in the UI, by the file as it was before the change', async () => {
    const project = aPullRequest({ files: { 'prefect.yaml': TAGGED } })
    await project.step()
    const [live] = project.ports.workspace.deployments
    if (live === undefined) throw new Error('nothing was released')
    project.ports.workspace.deployments.splice(0, 1, { ...live, fields: { ...live.fields, tags: ['by hand'] } })
    project.ports.github.files.set(`${BASE}:prefect.yaml`, TAGGED)
    const { plan } = await project.step(onPullRequest())

    expect(plan?.deployments[0]?.changes).toEqual([{ path: 'tags', before: ['by hand'], after: ['daily'], outside: true }])
    expect(plan?.impact).toMatchObject({ overwrittenFields: 1 })
  })

  it('names what only the server has, and pairs it with what is probably its new name', async () => {
    const project = aPullRequest()
    await project.step()
    project.edit('prefect.yaml', PREFECT_FILE.replace('name: nightly', 'name: every-night'))
    const { plan } = await project.step(onPullRequest())

    expect(plan?.unlisted).toMatchObject([{ name: 'etl/nightly', active: true, renamedTo: 'etl/every-night' }])
    expect(plan?.warnings.map(({ code }) => code)).toContain('deployment-renamed')
  })
})
