import { beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { connectSandbox } from '../../sandbox/connect.ts'
import type { Sandbox } from '../../sandbox/connect.ts'
import type { OpenPullRequest } from '../../sandbox/github/pull-request.ts'
import type { Fault } from '../../sandbox/recording-proxy.ts'
import type { StepResult } from '../../sandbox/runner.ts'
import { pushEvent } from '../../sandbox/runner/event.ts'
import { edit } from '../../sandbox/workspace.ts'

jest.setTimeout(300_000)

const COMMENTS = String.raw`/issues/\d+/comments`
const ALWAYS = 1000
const SECONDARY_LIMIT = { message: 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.' }

type Case = { readonly what: string; readonly fault: Fault }

/** GitHub's answers that waiting does not mend, and what the one notice has to say of them. */
const LASTING: readonly (Case & { readonly says: RegExp })[] = [
  { what: '403 for a token that may not write', fault: { method: 'POST', status: 403, body: { message: 'Resource not accessible by integration' } }, says: /pull-requests: write/ },
  { what: '403 for a token that may not even read', fault: { status: 403, body: { message: 'Resource not accessible by integration' } }, says: /pull-requests: write/ },
  { what: '404', fault: { status: 404, body: { message: 'Not Found' } }, says: /404/ },
  { what: '422', fault: { method: 'POST', status: 422, body: { message: 'Validation Failed' } }, says: /422|Validation Failed/ },
  { what: '429 with a Retry-After of an hour', fault: { status: 429, headers: { 'retry-after': '3600' }, body: { message: 'API rate limit exceeded' } }, says: /limit/i },
  { what: '500 without end', fault: { status: 500, body: { message: 'Server Error' } }, says: /500/ },
  { what: 'connections that are cut', fault: { reset: true }, says: /reach|socket|connection|ECONNRESET/i },
]

/** Faults that are over when they are asked again. */
const PASSING: readonly Case[] = [
  { what: '429 with a Retry-After of a second', fault: { status: 429, headers: { 'retry-after': '1' }, body: { message: 'API rate limit exceeded' } } },
  { what: 'a secondary rate limit when the comment is written', fault: { method: 'POST', status: 403, headers: { 'retry-after': '1' }, body: SECONDARY_LIMIT } },
  { what: 'a 502 when comments are read', fault: { method: 'GET', status: 502, body: { message: 'Bad Gateway' } } },
  { what: 'a 500 when the comment is written', fault: { method: 'POST', status: 500, body: { message: 'Server Error' } } },
  { what: 'a connection that is cut when comments are read', fault: { method: 'GET', reset: true } },
  { what: 'an answer that is lost after the comment was written', fault: { method: 'POST', reset: true, answerOnly: true } },
]

let sandbox: Sandbox
let workspace: string
let pullRequest: OpenPullRequest

const plan = () => sandbox.run({ workspace, event: pullRequest.event() })
const aboutTheComment = ({ annotations }: StepResult) => annotations.filter(({ message }) => message.includes('The plan is not on the pull request'))
const comments = async () => {
  await sandbox.github.clearFaults()
  return pullRequest.comments()
}

/** A plan that needs no build, so that GitHub is most of what these tests wait for. */
beforeAll(async () => {
  sandbox = connectSandbox()
  await sandbox.reset()
  workspace = await sandbox.checkOut()
  await sandbox.run({ workspace, event: pushEvent() })
  edit(workspace, 'prefect.yaml', 'Counts what would be deleted.', 'Counts what would go.')
})

beforeEach(async () => {
  await sandbox.github.clearFaults()
  pullRequest = await sandbox.openPullRequest(workspace)
})

describe('a plan, when GitHub will not take the comment', () => {
  it.each(LASTING)('is green and in the summary, with one notice: $what', async ({ fault, says }) => {
    await sandbox.github.fault({ path: COMMENTS, times: ALWAYS, ...fault })

    const step = await plan()

    expect(step.conclusion).toBe('success')
    expect(aboutTheComment(step)).toEqual([{ level: 'notice', message: expect.stringMatching(says) }])
    expect(step.annotations.filter(({ level }) => level === 'error')).toEqual([])
    expect(step.summary).toContain('retention-rehearsal')
    expect(await comments()).toEqual([])
  })
})

describe('a plan, when GitHub is unwell for a moment', () => {
  it.each(PASSING)('is in one comment, without a notice: $what', async ({ fault }) => {
    await sandbox.github.fault({ path: COMMENTS, ...fault })

    const step = await plan()

    expect(step.conclusion).toBe('success')
    expect(aboutTheComment(step)).toEqual([])
    expect((await comments()).map(({ body }) => body)).toEqual([expect.stringContaining('retention-rehearsal')])
  })
})

describe('a pull request on which people have said much', () => {
  const CHATTER = 130

  it('has one comment of ours, found again behind all of theirs', async () => {
    for (let index = 0; index < CHATTER; index += 1) await pullRequest.comment(`Thought ${index}`)

    await plan()
    const [ours] = (await pullRequest.comments()).slice(CHATTER)
    edit(workspace, 'prefect.yaml', 'Counts what would go.', 'Counts what would go away.')
    await pullRequest.push(workspace)
    const again = await plan()

    const after = await pullRequest.comments()
    expect(aboutTheComment(again)).toEqual([])
    expect(after).toHaveLength(CHATTER + 1)
    expect(after.at(-1)).toMatchObject({ id: ours?.id, body: expect.stringContaining('would go away.') })
  })
})

describe('a release, when GitHub does not answer', () => {
  it('is green: it says in one notice that the comment was not brought up to date, or nothing', async () => {
    await plan()
    const merged = await pullRequest.merge()
    await sandbox.github.fault({ times: ALWAYS, status: 500, body: { message: 'Server Error' } })

    const step = await sandbox.run({ workspace, event: merged })

    expect(step.conclusion).toBe('success')
    expect(step.annotations.filter(({ level }) => level === 'error')).toEqual([])
    const notices = step.annotations.filter(({ level, message }) => level === 'notice' && !message.includes('is older than the live one cannot be told'))
    expect(notices.length).toBeLessThanOrEqual(1)
  })
})
