import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { createFakeClock } from '../../__fixtures__/fake-clock.ts'
import { createFakeLog } from '../../__fixtures__/fake-log.ts'
import { idTokenEnvironment, startOidc } from '../../sandbox/github/oidc.ts'
import type { Oidc, OidcMode } from '../../sandbox/github/oidc.ts'
import { OWNER_TOKEN, startGitHub, STRANGER_TOKEN } from '../../sandbox/github/rest.ts'
import type { GitHub } from '../../sandbox/github/rest.ts'
import { createGitHub } from '../../src/adapters/github.ts'
import { claimsOf, pullRequestEvent, pushEvent } from '../../sandbox/runner/event.ts'

describe('the OIDC issuer', () => {
  let oidc: Oidc
  beforeAll(async () => { oidc = await startOidc() })
  afterAll(async () => { await oidc.stop() })

  it('gives a job a token with its claims, signed by a published key', async () => {
    const response = await request(oidc, 'ok')
    const { value } = (await response.json()) as { value: string }

    const { payload } = await jwtVerify(value, createRemoteJWKSet(new URL(oidc.jwksUrl)), { issuer: oidc.issuer, audience: 'sts.amazonaws.com' })

    expect(payload).toMatchObject({ sub: 'repo:acme/flows:environment:production', repository_id: '2002', environment: 'production' })
    expect(Number(payload.exp) - Number(payload.iat)).toBe(300)
  })

  it('says pull_request in the subject of a pull request', () => {
    expect(claimsOf(pullRequestEvent({ number: 3 }))).toMatchObject({ sub: 'repo:acme/flows:pull_request', ref: 'refs/pull/3/merge', head_ref: 'change' })
  })

  it.each([['forbidden', [403, 403]], ['fails-once', [500, 200]], ['expired', [200, 200]], ['wrong-audience', [200, 200]]] as const)('answers in mode %s with %j', async (mode, statuses) => {
    const ask = requester(oidc, mode)

    expect([(await ask()).status, (await ask()).status]).toEqual(statuses)
  })

  it.each([['expired', /"exp" claim timestamp check failed/], ['wrong-audience', /unexpected "aud" claim value/]] as const)('issues a token that does not verify in mode %s', async (mode, reason) => {
    const { value } = (await (await request(oidc, mode)).json()) as { value: string }

    const verified = jwtVerify(value, createRemoteJWKSet(new URL(oidc.jwksUrl)), { audience: 'sts.amazonaws.com' })

    await expect(verified).rejects.toThrow(reason)
  })

  it('refuses a request token that it did not make', async () => {
    const env = idTokenEnvironment({ issuer: oidc.issuer, secret: 'another' }, { claims: {} })

    expect((await ask(env)).status).toBe(401)
  })
})

describe('the REST API', () => {
  let github: GitHub
  beforeAll(async () => { github = await startGitHub() })
  afterAll(async () => { await github.stop() })

  it('keeps comments on the pull request, page by page', async () => {
    for (const body of ['one', 'two', 'three']) expect((await comment(body)).status).toBe(201)

    const page = await call('GET', '?per_page=2')

    expect((await page.json()) as { body: string }[]).toMatchObject([{ body: 'one' }, { body: 'two' }])
    expect(page.headers.get('link')).toContain(`<${github.apiUrl}/repos/acme/flows/issues/${github.pullRequest}/comments?per_page=2&page=2>; rel="next"`)
  })

  it('refuses what GitHub refuses', async () => {
    expect((await comment('x'.repeat(65_536))).status).toBe(201)
    expect((await comment('x'.repeat(65_537))).status).toBe(422)
    expect((await comment('x', github.readOnlyToken)).status).toBe(403)
    expect((await comment('x', 'ghs_unknown')).status).toBe(401)
    expect((await call('GET', '', github.readOnlyToken)).status).toBe(200)
  })

  it('shows who wrote a comment as GitHub does: a job as a bot, a person as a user', async () => {
    const authors = [github.token, STRANGER_TOKEN, OWNER_TOKEN].map(async (token) => (await (await comment('x', token)).json()) as { user: unknown })

    expect(await Promise.all(authors)).toMatchObject([
      { user: { login: 'github-actions[bot]', type: 'Bot' } },
      { user: { login: 'stranger', type: 'User' } },
      { user: { login: 'acme', type: 'User' } },
    ])
    expect((await (await call('GET', '?per_page=1')).json()) as unknown[]).toMatchObject([{ user: { type: 'Bot' } }])
  })

  it.each([['a job\'s', () => github.token, 403], ['a personal', () => OWNER_TOKEN, 200]])('answers who %s token is of as GitHub does', async (_, token, status) => {
    expect((await fetch(`${github.apiUrl}/user`, { headers: { authorization: `token ${token()}` } })).status).toBe(status)
  })

  function comment(body: string, token?: string): Promise<Response> {
    return call('POST', '', token, JSON.stringify({ body }))
  }

  function call(method: string, query: string, token = github.token, body?: string): Promise<Response> {
    const url = `${github.apiUrl}/repos/${github.repository}/issues/${github.pullRequest}/comments${query}`
    return fetch(url, { method, headers: { authorization: `Bearer ${token}` }, ...(body !== undefined && { body }) })
  }
})

describe('a pull request', () => {
  let github: GitHub
  beforeAll(async () => { github = await startGitHub() })
  afterAll(async () => { await github.stop() })

  it('is at its branch, is merged as a commit that knows it, and leaves its files at their commits', async () => {
    const before = await headOf('main')
    const head = await commit('change', 'flows/etl.py', 'print(1)\n')
    expect(head).not.toBe(before)
    expect(await read(`pulls/${github.pullRequest}`)).toMatchObject({ head: { sha: head }, state: 'open', merged: false, merged_at: null })
    expect(await pullsOf(head)).toEqual([github.pullRequest])

    const { sha: merge } = (await ask('PUT', `pulls/${github.pullRequest}/merge`)) as { sha: string }

    expect(await headOf('main')).toBe(merge)
    expect(await pullsOf(merge)).toEqual([github.pullRequest])
    expect(await pullsOf(before)).toEqual([])
    expect(await read(`pulls/${github.pullRequest}`)).toMatchObject({ head: { sha: head }, state: 'closed', merged: true, merge_commit_sha: merge })
    expect(await read(`contents/flows%2Fetl.py?ref=${merge}`)).toMatchObject({ encoding: 'base64', content: expect.stringContaining('cHJpbnQoMSkK') })
    expect(await status('GET', `contents/flows%2Fetl.py?ref=${before}`)).toBe(404)
    expect(await status('PUT', `pulls/${github.pullRequest}/merge`)).toBe(405)
  })

  it('is not asked for of a commit that there is not', async () => {
    expect(await status('GET', `commits/${'0'.repeat(40)}/pulls`)).toBe(422)
  })

  it('has a head that is not the commit of the run, as an event tells it', () => {
    const { sha, payload } = pullRequestEvent({ number: 3, head: 'a'.repeat(40), base: 'b'.repeat(40) })

    expect(payload).toMatchObject({ pull_request: { head: { sha: 'a'.repeat(40) }, base: { sha: 'b'.repeat(40) } } })
    expect(sha).not.toBe('a'.repeat(40))
    expect(pushEvent('c'.repeat(40), 'b'.repeat(40)).payload).toMatchObject({ before: 'b'.repeat(40), after: 'c'.repeat(40) })
  })

  async function commit(branch: string, path: string, text: string): Promise<string> {
    const content = Buffer.from(text).toString('base64')
    const { commit: { sha } } = (await ask('PUT', `contents/${path}`, { branch, message: 'Change a flow', content })) as { commit: { sha: string } }
    return sha
  }

  async function headOf(branch: string): Promise<string> {
    return ((await read(`git/ref/heads/${branch}`)) as { object: { sha: string } }).object.sha
  }

  async function pullsOf(sha: string): Promise<number[]> {
    return ((await read(`commits/${sha}/pulls?per_page=100`)) as { number: number }[]).map(({ number }) => number)
  }

  function read(path: string): Promise<unknown> {
    return ask('GET', path)
  }

  async function status(method: string, path: string): Promise<number> {
    return (await send(method, path)).status
  }

  async function ask(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await send(method, path, body)
    expect(response.ok).toBe(true)
    return response.json()
  }

  function send(method: string, path: string, body?: unknown): Promise<Response> {
    const headers = { authorization: `token ${github.token}` }
    return fetch(`${github.apiUrl}/repos/${github.repository}/${path}`, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) })
  }
})

/** The adapter that the action uses, over all of the above. */
describe('the action\'s own view', () => {
  let github: GitHub
  beforeAll(async () => { github = await startGitHub() })
  afterAll(async () => { await github.stop() })

  const adapter = (token = github.token) =>
    createGitHub({ apiUrl: github.apiUrl, token, repository: github.repository, clock: createFakeClock(), log: createFakeLog() })
  const isPlan = (body: string) => body.startsWith('<!-- plan -->')

  it('keeps its comment among more than a hundred others, and touches none of a stranger\'s', async () => {
    const stranger = adapter(STRANGER_TOKEN).comments
    await stranger.write(github.pullRequest, '<!-- plan --> trust me')
    for (let index = 0; index < 100; index += 1) await stranger.write(github.pullRequest, `comment ${index}`)
    const { comments } = adapter()

    expect(await comments.find(github.pullRequest, isPlan)).toBeUndefined()
    const url = await comments.write(github.pullRequest, '<!-- plan --> a')
    const found = await comments.find(github.pullRequest, isPlan)
    expect(found).toMatchObject({ body: '<!-- plan --> a', url })
    expect(await comments.write(github.pullRequest, '<!-- plan --> b', found?.id)).toBe(url)

    expect(await comments.find(github.pullRequest, isPlan)).toMatchObject({ id: found?.id, body: '<!-- plan --> b' })
    expect(await stranger.find(github.pullRequest, isPlan)).toMatchObject({ body: '<!-- plan --> trust me' })
  })

  it('is told the file, the head and the pull request of a commit', async () => {
    const { pullRequests } = adapter()
    const { commit: head } = await pullRequests.headOf(github.pullRequest)

    expect(await pullRequests.of(head)).toBe(github.pullRequest)
    expect(await pullRequests.fileAt(head, 'README.md')).toContain('flows')
    expect(await pullRequests.fileAt(head, 'missing/prefect.yaml')).toBeUndefined()
  })

  it('is refused with the permission that is missing', async () => {
    await expect(adapter(github.readOnlyToken).comments.write(github.pullRequest, 'plan')).rejects.toThrow('give the job "permissions: pull-requests: write"')
  })
})

function requester(oidc: Oidc, mode: OidcMode): () => Promise<Response> {
  const env = idTokenEnvironment(oidc, { claims: claimsOf(pushEvent()), mode })
  return () => ask(env)
}

async function request(oidc: Oidc, mode: OidcMode): Promise<Response> {
  return requester(oidc, mode)()
}

async function ask({ ACTIONS_ID_TOKEN_REQUEST_URL: url = '', ACTIONS_ID_TOKEN_REQUEST_TOKEN: token = '' }: Record<string, string>): Promise<Response> {
  return fetch(`${url}&audience=sts.amazonaws.com`, { headers: { authorization: `bearer ${token}` } })
}
