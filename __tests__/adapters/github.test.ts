import { createServer } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from '@jest/globals'
import { createFakeClock } from '../../__fixtures__/fake-clock.ts'
import { createFakeLog } from '../../__fixtures__/fake-log.ts'
import { createGitHub } from '../../src/adapters/github.ts'
import type { GitHubOptions } from '../../src/adapters/github-client.ts'
import { DeployError } from '../../src/errors.ts'
import { json, serve } from '../../sandbox/http-server.ts'
import type { Answer, HttpServer, Message } from '../../sandbox/http-server.ts'

/** `reset` cuts the connection, `silence` never answers, a function acts and answers. */
type Reply = Answer | 'reset' | 'silence' | ((message: Message) => Answer | 'reset')
type Routes = Readonly<Record<string, Reply | readonly Reply[]>>

const ROOT = '/repos/acme/flows'
const LIST = `GET ${ROOT}/issues/3/comments?per_page=100`
const CREATE = `POST ${ROOT}/issues/3/comments`
const EDIT = `PATCH ${ROOT}/issues/comments/7`
const PULLS = `GET ${ROOT}/commits/c0ffee/pulls?per_page=100`
const BOT = { login: 'github-actions[bot]', type: 'Bot' }
const HEAD = `GET ${ROOT}/pulls/3`
const isOurs = (body: string) => body.startsWith('<!-- plan -->')

const servers: HttpServer[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()))
})

/** Answers the n-th request of a route with its n-th reply, and all later ones with the last. */
async function setUp(routes: Routes, options: Partial<GitHubOptions> = {}) {
  const requests: { readonly route: string; readonly message: Message }[] = []
  const server = await serve(async (message) => {
    const route = `${message.method} ${message.path}`
    requests.push({ route, message })
    const reply = nth(routes[route] ?? json(404, { message: 'Not Found' }), requests.filter((request) => request.route === route).length)
    const answer = typeof reply === 'function' ? reply(message) : reply
    if (answer === 'silence') return new Promise(() => undefined)
    return answer === 'reset' ? undefined : answer
  })
  servers.push(server)
  const clock = createFakeClock()
  const log = createFakeLog()
  const github = createGitHub({ apiUrl: server.url, token: 'ghs_token', repository: 'acme/flows', clock, log, ...options })
  return { ...github, server, clock, log, requests, calls: () => requests.map(({ route }) => route) }
}

function nth(reply: Reply | readonly Reply[], count: number): Reply {
  if (!isList(reply)) return reply
  const found = reply[Math.min(count, reply.length) - 1]
  if (found === undefined) throw new Error('a route without replies')
  return found
}

function isList(reply: Reply | readonly Reply[]): reply is readonly Reply[] {
  return Array.isArray(reply)
}

function aComment(id: number, body: string, user: object | null = BOT) {
  return { id, body, user, html_url: `https://github.com/acme/flows/pull/3#issuecomment-${id}` }
}

describe('finding the comment', () => {
  it('looks at all pages, a hundred comments each', async () => {
    const page = (number: number, comments: unknown[], next?: number) => ({
      [`${LIST}${number === 1 ? '' : `&page=${number}`}`]: (message: Message) => json(200, comments, next === undefined ? {} : {
        link: `<http://${message.headers.host ?? ''}${ROOT}/issues/3/comments?per_page=100&page=${next}>; rel="next"`,
      }),
    })
    const others = Array.from({ length: 100 }, (_, index) => aComment(index + 10, `comment ${index}`))
    const { comments, calls } = await setUp({ ...page(1, others, 2), ...page(2, others, 3), ...page(3, [aComment(7, '<!-- plan --> a')]) })

    const found = await comments.find(3, isOurs)

    expect(found).toEqual({ id: 7, body: '<!-- plan --> a', url: 'https://github.com/acme/flows/pull/3#issuecomment-7' })
    expect(calls()).toEqual([LIST, `${LIST}&page=2`, `${LIST}&page=3`])
  })

  it('never takes a comment of somebody else, however it begins', async () => {
    const stranger = aComment(1, '<!-- plan --> a', { login: 'mallory', type: 'User' })
    const deleted = aComment(2, '<!-- plan --> b', null)
    const { comments, calls } = await setUp({
      [LIST]: json(200, [stranger, deleted, aComment(7, '<!-- plan --> c')]),
      'GET /user': json(403, { message: 'Resource not accessible by integration' }),
    })

    expect(await comments.find(3, isOurs)).toMatchObject({ id: 7 })
    expect(await comments.find(3, (body) => body.endsWith('a'))).toBeUndefined()
    expect(calls()).toEqual([LIST, 'GET /user', LIST])
  })

  it('knows the owner of a personal token by name', async () => {
    const { comments } = await setUp({
      [LIST]: json(200, ['mallory', 'ada'].map((login, index) => aComment(index + 6, '<!-- plan -->', { login, type: 'User' }))),
      'GET /user': json(200, { login: 'ada' }),
    })

    expect(await comments.find(3, isOurs)).toMatchObject({ id: 7 })
  })

  it('does not write a second comment because it could not be told who writes', async () => {
    const { comments } = await setUp({
      [LIST]: json(200, [aComment(7, '<!-- plan -->', { login: 'ada', type: 'User' })]),
      'GET /user': json(502, { message: 'Bad Gateway' }),
    })

    await expect(comments.find(3, isOurs)).rejects.toThrow('GitHub answered 502 Bad Gateway')
  })

  it('asks nothing more of comments that are not wanted', async () => {
    const { comments, calls } = await setUp({ [LIST]: json(200, [aComment(1, 'Looks good', { login: 'ada', type: 'User' })]) })

    expect(await comments.find(3, isOurs)).toBeUndefined()
    expect(calls()).toEqual([LIST])
  })
})

describe('writing the comment', () => {
  it('creates one, authorized by the token', async () => {
    const { comments, requests } = await setUp({ [CREATE]: json(201, aComment(7, 'plan')) })

    expect(await comments.write(3, 'plan')).toBe('https://github.com/acme/flows/pull/3#issuecomment-7')
    expect(requests.map(({ message: { body, headers } }) => [String(body), headers.authorization])).toEqual([['{"body":"plan"}', 'token ghs_token']])
  })

  it('edits one in place', async () => {
    const { comments, calls } = await setUp({ [EDIT]: json(200, aComment(7, 'plan')) })

    expect(await comments.write(3, 'plan', 7)).toBe('https://github.com/acme/flows/pull/3#issuecomment-7')
    expect(calls()).toEqual([EDIT])
  })

  it('creates another when somebody has deleted it meanwhile', async () => {
    const { comments, calls } = await setUp({ [CREATE]: json(201, aComment(8, 'plan')) })

    expect(await comments.write(3, 'plan', 7)).toMatch(/-8$/)
    expect(calls()).toEqual([EDIT, CREATE])
  })

  it('creates none when it may not edit its own', async () => {
    const { comments, calls } = await setUp({ [EDIT]: json(403, { message: 'Resource not accessible by integration' }) })

    await expect(comments.write(3, 'plan', 7)).rejects.toThrow('may not write comments')
    expect(calls()).toEqual([EDIT])
  })

  it.each([
    ['a reset', 'reset'],
    ['a 502', json(502, { message: 'Bad Gateway' })],
  ] as const)('finds a comment whose answer was lost to %s, and writes it no second time', async (_, loss) => {
    const kept: unknown[] = []
    const { comments, calls } = await setUp({
      [CREATE]: () => {
        kept.push(aComment(7, 'plan\n'))
        return loss
      },
      [LIST]: () => json(200, kept),
    })

    expect(await comments.write(3, 'plan')).toMatch(/-7$/)
    expect(calls()).toEqual([CREATE, LIST])
  })

  it('writes it again when it is not there', async () => {
    const { comments, calls } = await setUp({ [CREATE]: ['reset', json(201, aComment(7, 'plan'))], [LIST]: json(200, []) })

    expect(await comments.write(3, 'plan')).toMatch(/-7$/)
    expect(calls()).toEqual([CREATE, LIST, CREATE])
  })
})

describe('the pull request of a commit', () => {
  const pull = (number: number, overrides: object) =>
    ({ number, state: 'closed', merged_at: null, merge_commit_sha: null, head: { sha: 'else' }, ...overrides })
  const merged = { merged_at: '2026-11-24T10:00:00Z' }

  it.each([
    ['the one whose merge it is', [pull(1, merged), pull(2, { ...merged, merge_commit_sha: 'c0ffee' })], 2],
    ['another merged one', [pull(1, { state: 'open', head: { sha: 'c0ffee' }, merged: false }), pull(2, merged)], 2],
    ['an open one that is at it', [pull(1, { state: 'open' }), pull(2, { state: 'open', head: { sha: 'c0ffee' }, merged: false })], 2],
    ['none that was closed without a merge', [pull(1, { merge_commit_sha: 'c0ffee', head: { sha: 'c0ffee' }, merged: false })], undefined],
    ['none at all', [], undefined],
  ])('is %s', async (_, pulls, number) => {
    const { pullRequests } = await setUp({ [PULLS]: json(200, pulls) })

    expect(await pullRequests.of('c0ffee')).toBe(number)
  })

  it('is not asked for again in vain when the answer is empty', async () => {
    const { pullRequests, calls } = await setUp({ [PULLS]: { status: 404, headers: {}, body: '' } })

    await expect(pullRequests.of('c0ffee')).rejects.toThrow('GitHub shows the token no pull request of commit c0ffee in acme/flows (404)')
    expect(calls()).toEqual([PULLS])
  })

  it('is at its head', async () => {
    const { pullRequests } = await setUp({ [HEAD]: json(200, { head: { sha: 'c0ffee' }, merged: false }) })

    expect(await pullRequests.headOf(3)).toEqual({ commit: 'c0ffee', isMerged: false })
  })
})

describe('a file at a commit', () => {
  const FILE = `GET ${ROOT}/contents/flows%2Fprefect.yaml?ref=c0ffee`
  const content = Buffer.from('name: Größe\n').toString('base64').replace(/(.{4})/g, '$1\n')

  it.each([
    ['its text', json(200, { type: 'file', encoding: 'base64', content }), 'name: Größe\n'],
    ['nothing where it is not', json(404, { message: 'Not Found' }), undefined],
    ['nothing for a folder', json(200, [{ type: 'file', name: 'a' }]), undefined],
    ['nothing for a submodule', json(200, { type: 'submodule' }), undefined],
  ])('is %s', async (_, answer, text) => {
    const { pullRequests } = await setUp({ [FILE]: answer })

    expect(await pullRequests.fileAt('c0ffee', 'flows/prefect.yaml')).toBe(text)
  })

  it('is not taken for missing when it cannot be read', async () => {
    const { pullRequests } = await setUp({ [FILE]: json(403, { message: 'Resource not accessible by integration' }) })

    await expect(pullRequests.fileAt('c0ffee', 'flows/prefect.yaml')).rejects.toThrow('give the job "permissions: contents: read"')
  })

  it('is refused above the size that GitHub tells, instead of being empty', async () => {
    const { pullRequests } = await setUp({ [FILE]: json(200, { type: 'file', encoding: 'none', content: '' }) })

    await expect(pullRequests.fileAt('c0ffee', 'flows/prefect.yaml')).rejects.toThrow('flows/prefect.yaml is larger than GitHub tells: 1 MB is the limit')
  })
})

describe('two commits', () => {
  it.each(['ahead', 'behind', 'identical', 'diverged'] as const)('are compared: %s', async (status) => {
    const route = `GET ${ROOT}/compare/c0ffee...decade?per_page=1`
    const { pullRequests, calls } = await setUp({ [route]: json(200, { status, ahead_by: 0, behind_by: 0, commits: [] }) })

    await expect(pullRequests.compare('c0ffee', 'decade')).resolves.toBe(status)
    expect(calls()).toEqual([route])
  })

  it('that GitHub does not know are a sentence that says so', async () => {
    const { pullRequests } = await setUp({})

    await expect(pullRequests.compare('c0ffee', 'decade')).rejects.toThrow('GitHub shows the token no commits c0ffee and decade in acme/flows (404 Not Found)')
  })
})

describe('a failure', () => {
  const validation = { message: 'Validation Failed', errors: [{ message: 'body is too long (maximum is 65536 characters)' }] }

  it.each([
    [401, { message: 'Bad credentials' }, /does not accept the token \(401 Bad credentials\): leave the input "github-token" out/],
    [403, { message: 'Resource not accessible by integration' },
      /may not write comments on pull request 3 \(403 Resource.*give the job "permissions: pull-requests: write"; on pull requests from forks/],
    [403, { message: 'Unable to create comment because issue is locked.' }, /conversation is locked.*unlock it/],
    [404, { message: 'Not Found' }, /no comments on pull request 3 in acme\/flows \(404 Not Found\): give the job "permissions: pull-requests: write"/],
    [410, { message: 'This issue was deleted' }, /refused comments on pull request 3 \(410 This issue was deleted\)/],
    [422, validation, /does not take comments on pull request 3 \(422 Validation Failed: body is too long \(maximum is 65536 characters\)\): report it/],
    [500, { message: 'Server Error' }, /answered 500 Server Error: look at githubstatus\.com and run the job again/],
    [503, 'no JSON', /answered 503: look at githubstatus\.com/],
  ])('with %i says in a sentence what to do', async (status, body, sentence) => {
    const { comments } = await setUp({ [CREATE]: json(status, body), [LIST]: json(200, []) })

    const error = await comments.write(3, 'plan').catch((reason: unknown) => reason)

    expect(error).toBeInstanceOf(Error)
    expect(error).not.toBeInstanceOf(DeployError)
    expect((error as Error).message).toMatch(sentence)
    expect(String(error)).not.toContain('ghs_token')
  })

  it('to read names the permission to read', async () => {
    const { pullRequests } = await setUp({ [HEAD]: json(403, { message: 'Resource not accessible by integration' }) })

    await expect(pullRequests.headOf(3)).rejects.toThrow('may not read pull request 3')
    await expect(pullRequests.headOf(3)).rejects.toThrow('"permissions: pull-requests: read"')
  })

  it.each([
    ['a reset', 'reset' as const],
    ['a server error', json(502, { message: 'Bad Gateway' })],
  ])('of %s passes with the next try', async (_, failure) => {
    const { pullRequests, clock } = await setUp({ [HEAD]: [failure, failure, json(200, { head: { sha: 'c0ffee' }, merged: false })] })

    expect(await pullRequests.headOf(3)).toEqual({ commit: 'c0ffee', isMerged: false })
    expect(clock.waits).toHaveLength(2)
  })

  it('that stays is reported after three tries', async () => {
    const { pullRequests, calls, server } = await setUp({ [HEAD]: 'reset' })

    await expect(pullRequests.headOf(3)).rejects.toThrow(`GitHub was not reached at ${server.url} (`)
    expect(calls()).toHaveLength(3)
  })

  it('to answer in time is one too', async () => {
    const { pullRequests } = await setUp({ [HEAD]: 'silence' }, { timeoutMs: 50 })

    await expect(pullRequests.headOf(3)).rejects.toThrow('(no answer in time)')
  })

  it('in the middle of an answer is no empty answer', async () => {
    const cut = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 }).write('[{"id": 7,', () => { response.destroy() })
    })
    await new Promise<void>((resolve) => { cut.listen(0, '127.0.0.1', resolve) })
    const url = `http://127.0.0.1:${(cut.address() as AddressInfo).port}`
    servers.push({ url, stop: () => new Promise((resolve) => { cut.close(() => { resolve() }) }) })
    const { comments } = await setUp({}, { apiUrl: url })

    await expect(comments.find(3, isOurs)).rejects.toThrow(`GitHub was not reached at ${url}`)
  })

  it('to be reached names the address', async () => {
    const { pullRequests, server } = await setUp({})
    await server.stop()
    servers.splice(0)

    await expect(pullRequests.headOf(3)).rejects.toThrow(`GitHub was not reached at ${server.url} (ECONNREFUSED): check the runner's network and proxy`)
  })

  it.each([
    [{ token: undefined }, 'There is no token for GitHub'],
    [{ token: '' }, 'There is no token for GitHub'],
    [{ repository: '' }, 'GITHUB_REPOSITORY is empty'],
  ])('for want of %j is told when something is asked', async (options, sentence) => {
    const { comments, pullRequests, calls } = await setUp({}, options)

    await expect(comments.write(3, 'plan')).rejects.toThrow(sentence)
    await expect(pullRequests.of('c0ffee')).rejects.toThrow(sentence)
    expect(calls()).toEqual([])
  })

  it('of the clock, a cancelled run, comes as it is', async () => {
    const clock = { ...createFakeClock(), sleep: () => Promise.reject(new DeployError('cancelled', 'The run was cancelled')) }
    const { pullRequests } = await setUp({ [HEAD]: 'reset' }, { clock })

    await expect(pullRequests.headOf(3)).rejects.toMatchObject({ code: 'cancelled' })
  })
})

describe('a rate limit', () => {
  const created = json(201, aComment(7, 'plan'))
  const secondary = { message: 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.' }
  const reset = (seconds: number) => ({ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(Date.parse('2026-11-24T10:00:00Z') / 1000 + seconds) })

  it.each([
    ['429 with Retry-After', json(429, { message: 'Too Many Requests' }, { 'retry-after': '7' }), 7_000],
    ['secondary, with Retry-After', json(403, secondary, { 'retry-after': '20' }), 20_000],
    ['secondary, without a word of how long', json(403, secondary), 60_000],
    ['primary, with the time of its end', json(403, { message: 'API rate limit exceeded' }, reset(30)), 30_000],
    ['one that has just ended', json(429, {}, { 'retry-after': '0' }), 1_000],
  ])('is waited for when it is short: %s', async (_, refusal, wait) => {
    const { comments, clock, calls, log } = await setUp({ [CREATE]: [refusal, created] })

    expect(await comments.write(3, 'plan')).toMatch(/-7$/)
    expect(clock.waits).toEqual([wait])
    expect(calls()).toEqual([CREATE, CREATE])
    expect(log.lines).toEqual([`info: GitHub's rate limit is reached, going on in ${wait / 1000} s`])
  })

  it.each([
    ['Retry-After', json(429, {}, { 'retry-after': '61' }), 'GitHub\'s rate limit is used up for now (429): run the job again later'],
    ['its end', json(403, { message: 'API rate limit exceeded' }, reset(1800)),
      'GitHub\'s rate limit is used up until 10:30 UTC (403): run the job again later'],
  ])('is not waited for when it is long by %s', async (_, refusal, sentence) => {
    const { comments, clock, calls } = await setUp({ [CREATE]: refusal })

    await expect(comments.write(3, 'plan')).rejects.toThrow(sentence)
    expect(clock.waits).toEqual([])
    expect(calls()).toEqual([CREATE])
  })

  it('is waited for a minute in all, over all requests', async () => {
    const limited = json(429, {}, { 'retry-after': '25' })
    const { comments, pullRequests, clock } = await setUp({ [HEAD]: [limited, json(200, { head: { sha: 'c0ffee' }, merged: false })], [CREATE]: limited })

    await pullRequests.headOf(3)

    await expect(comments.write(3, 'plan')).rejects.toThrow('GitHub\'s rate limit is used up')
    expect(clock.waits).toEqual([25_000, 25_000])
  })
})

describe('a proxy', () => {
  const saved = { http_proxy: process.env.http_proxy, no_proxy: process.env.no_proxy }
  afterEach(() => {
    for (const [name, value] of Object.entries(saved)) {
      if (value === undefined) Reflect.deleteProperty(process.env, name)
      else process.env[name] = value
    }
  })

  it('is used where it applies to the URL, and not where NO_PROXY excepts it', async () => {
    const { server, clock, log } = await setUp({ [HEAD]: json(200, { head: { sha: 'c0ffee' }, merged: false }) })
    const proxy = await startTunnel(Number(new URL(server.url).port))
    const github = () => createGitHub({ apiUrl: 'http://github.internal', token: 'ghs_token', repository: 'acme/flows', clock, log }).pullRequests
    process.env.http_proxy = proxy.url

    expect(await github().headOf(3)).toEqual({ commit: 'c0ffee', isMerged: false })
    expect(proxy.targets).toEqual(['github.internal:80'])

    process.env.no_proxy = 'github.internal'
    await expect(github().headOf(3)).rejects.toThrow('GitHub was not reached at http://github.internal')
    expect(proxy.targets).toHaveLength(1)
  })
})

/** A proxy that leads every tunnel to a port of this machine. */
async function startTunnel(port: number) {
  const targets: string[] = []
  const proxy = createServer().on('connect', (request, client) => {
    targets.push(request.url ?? '')
    const upstream = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n')
      client.pipe(upstream).pipe(client)
    })
  })
  await new Promise<void>((resolve) => { proxy.listen(0, '127.0.0.1', resolve) })
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
  const stop = async () => {
    const closed = new Promise((resolve) => { proxy.close(resolve) })
    proxy.closeAllConnections()
    await closed
  }
  servers.push({ url, stop })
  return { url, targets }
}
