import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openPullRequest } from '../../sandbox/github/pull-request.ts'
import type { OpenPullRequest } from '../../sandbox/github/pull-request.ts'
import { startGitHub } from '../../sandbox/github/rest.ts'
import type { GitHub } from '../../sandbox/github/rest.ts'
import { checkOut, edit } from '../../sandbox/workspace.ts'

describe('a pull request in the sandbox', () => {
  let github: GitHub
  let folder: string
  let workspace: string
  let pullRequest: OpenPullRequest

  const get = async (path: string) => {
    const response = await fetch(`${github.apiUrl}/repos/${github.repository}/${path}`, { headers: { authorization: `token ${github.token}` } })
    return (await response.json())
  }
  const sides = () => pullRequest.event().payload.pull_request as { head: { sha: string }; base: { sha: string } }

  beforeAll(async () => {
    github = await startGitHub()
    folder = mkdtempSync(join(tmpdir(), 'pull-request-'))
    workspace = await checkOut(folder)
    pullRequest = await openPullRequest(github, workspace)
  })
  afterAll(async () => {
    await github.stop()
    rmSync(folder, { recursive: true })
  })

  it('has an event whose commit is no branch\'s, and whose head and base are GitHub\'s', async () => {
    const { sha, payload } = pullRequest.event()

    expect(await get(`pulls/${pullRequest.number}`)).toMatchObject({ state: 'open', head: { sha: sides().head.sha }, base: { sha: sides().base.sha } })
    expect(payload.number).toBe(pullRequest.number)
    expect([sides().head.sha, sides().base.sha]).not.toContain(sha)
  })

  it('has the files of the checkout at its head, and another head after a push', async () => {
    const before = pullRequest.head
    edit(workspace, 'prefect.yaml', 'name: shop', 'name: other-shop')

    await pullRequest.push(workspace)

    const { content } = (await get(`contents/prefect.yaml?ref=${pullRequest.head}`)) as { content: string }
    expect(pullRequest.head).not.toBe(before)
    expect(await get(`pulls/${pullRequest.number}`)).toMatchObject({ head: { sha: pullRequest.head } })
    expect(Buffer.from(content, 'base64').toString()).toContain('name: other-shop')
  })

  it('has the comments of a stranger, over more than one page', async () => {
    for (let index = 0; index < 101; index += 1) await pullRequest.comment(`Thought ${index}`)

    expect((await pullRequest.comments()).map(({ body }) => body)).toEqual(Array.from({ length: 101 }, (_, index) => `Thought ${index}`))
    expect((await pullRequest.comments())[0]).toMatchObject({ user: { login: 'stranger', type: 'User' } })
  })

  it('is the push of a commit by which GitHub finds it again, once merged', async () => {
    const { sha, payload, name } = await pullRequest.merge()

    expect(name).toBe('push')
    expect(payload.before).toBe(sides().base.sha)
    expect(await get('git/ref/heads/main')).toMatchObject({ object: { sha } })
    expect(await get(`commits/${sha}/pulls`)).toMatchObject([{ number: pullRequest.number, merge_commit_sha: sha }])
  })

  it('has commits that are compared as GitHub does', async () => {
    const { head, base } = sides()
    const main = (await get('git/ref/heads/main')) as { object: { sha: string } }
    const compare = async (one: string, other: string) => ((await get(`compare/${one}...${other}`)) as { status: string }).status

    expect(await compare(base.sha, head.sha)).toBe('ahead')
    expect(await compare(main.object.sha, base.sha)).toBe('behind')
    expect(await compare(head.sha, head.sha)).toBe('identical')
    const one = await openPullRequest(github, workspace)
    edit(workspace, 'flows/report.py', '\n\n\n', '\n\n\nREVISION = 9\n\n\n')
    const other = await openPullRequest(github, workspace)
    expect(await compare(one.head, other.head)).toBe('diverged')
    expect(await compare('0'.repeat(40), head.sha)).toBe('404')
  })
})
