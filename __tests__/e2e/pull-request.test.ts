import { join } from 'node:path'
import { beforeAll, describe, expect, it, jest } from '@jest/globals'
import { attempt } from '../../sandbox/command.ts'
import type { CommandResult } from '../../sandbox/command.ts'
import { connectSandbox } from '../../sandbox/connect.ts'
import type { Sandbox } from '../../sandbox/connect.ts'
import type { OpenPullRequest } from '../../sandbox/github/pull-request.ts'
import { node, root } from '../../sandbox/paths.ts'
import { pushEvent } from '../../sandbox/runner/event.ts'
import { edit } from '../../sandbox/workspace.ts'
import { readRecord } from '../../src/report/plan-record.ts'

jest.setTimeout(600_000)

let sandbox: Sandbox

beforeAll(async () => {
  sandbox = connectSandbox()
  await sandbox.reset()
})

describe('npm run check:pull-request', () => {
  let check: CommandResult

  beforeAll(async () => {
    check = await attempt([node, join(root, 'scripts/check-pull-request.ts')], { env: process.env })
  })

  it('sees three runs of the example workflow keep one comment and write nothing anywhere', () => {
    expect(check.stdout.trimEnd().split('\n').at(-1)).toBe('runs 3, comments 1, writes 0, pushes 0')
    expect(check).toMatchObject({ exitCode: 0, stderr: '' })
  })
})

describe('the comment on a pull request', () => {
  let workspace: string
  let pullRequest: OpenPullRequest

  const plan = (inputs: Record<string, string> = {}, event = pullRequest.event()) => sandbox.run({ workspace, event, inputs })
  const bodies = async () => (await pullRequest.comments()).map(({ body }) => body)

  beforeAll(async () => {
    workspace = await sandbox.checkOut()
    await sandbox.run({ workspace, event: pushEvent() })
    edit(workspace, 'prefect.yaml', 'Counts what would be deleted.', 'Counts what would be deleted, and by whom.')
    pullRequest = await sandbox.openPullRequest(workspace)
    await plan()
  })

  it('is there next to what people say, and names the deployment that changes and the new value', async () => {
    await pullRequest.comment('Looks good to me.')

    const step = await plan()

    const [ours, theirs] = await bodies()
    expect(step.conclusion).toBe('success')
    expect(ours).toContain('retention-rehearsal')
    expect(ours).toContain('and by whom.')
    expect(theirs).toBe('Looks good to me.')
  })

  it('is not taken for one that a stranger copied it to', async () => {
    const [ours = ''] = await bodies()
    const other = await sandbox.openPullRequest(workspace)
    await other.comment(ours)

    await sandbox.run({ workspace, event: other.event() })

    expect((await other.comments()).map(({ body, user }) => ({ isSame: body === ours, type: user.type }))).toEqual([{ isSame: true, type: 'User' }, { isSame: false, type: 'Bot' }])
  })

  it('is one for each name, so that two targets of a repository do not overwrite each other', async () => {
    await plan({ name: 'staging' })
    await plan({ name: 'staging' })

    expect((await pullRequest.comments()).map(({ body }) => readRecord(body)?.name)).toEqual(['default', undefined, 'staging'])
  })

  it('says that it is for an older commit when the pull request has moved on while the plan was made', async () => {
    const older = pullRequest.event()
    edit(workspace, 'prefect.yaml', 'and by whom.', 'and when.')
    await pullRequest.push(workspace)

    await plan({ name: 'late' }, older)

    const comment = (await bodies()).find((body) => readRecord(body)?.name === 'late')
    expect(comment).toMatch(/older commit|newer commit|is at/i)
    expect(comment).toContain(pullRequest.head.slice(0, 7))
  })

  it('says that the plan of the newest commit failed, above the last plan that did not', async () => {
    const planned = readRecord((await bodies())[0] ?? '')?.commit.slice(0, 7) ?? 'no commit'
    edit(workspace, 'prefect.yaml', 'keep_days: 30', 'keep_days: many')
    await pullRequest.push(workspace)

    const step = await plan()

    const [ours = ''] = await bodies()
    expect(step.conclusion).toBe('failure')
    expect(ours.indexOf('keep_days')).toBeGreaterThan(0)
    expect(ours.indexOf('keep_days')).toBeLessThan(ours.indexOf(planned))
    expect(readRecord(ours)).toMatchObject({ state: 'failed', commit: pullRequest.head })
    edit(workspace, 'prefect.yaml', 'keep_days: many', 'keep_days: 30')
    await pullRequest.push(workspace)
    await plan()
    expect(readRecord((await bodies())[0] ?? '')).toMatchObject({ state: 'planned', commit: pullRequest.head })
  })

  it('is left alone when `comment` is "false"', async () => {
    const before = await pullRequest.comments()

    await plan({ comment: 'false' })

    expect(await pullRequest.comments()).toEqual(before)
  })

  it('says after the merge what was applied, when and by which run', async () => {
    const step = await sandbox.run({ workspace, event: await pullRequest.merge() })

    const [ours] = await bodies()
    expect(step.conclusion).toBe('success')
    expect(step.log).not.toContain('Not as planned')
    expect(ours).toMatch(/\*\*Applied\*\* on \d{1,2} \w{3} \d{4}, \d{2}:\d{2} UTC by \[this run\]\(\S*\/actions\/runs\/7007\//)
    expect(readRecord(ours ?? '')).toMatchObject({ state: 'applied', hash: step.outputs['plan-hash'] })
  })
})
