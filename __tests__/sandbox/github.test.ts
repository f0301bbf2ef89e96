import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { idTokenEnvironment, startOidc } from '../../sandbox/github/oidc.ts'
import type { Oidc, OidcMode } from '../../sandbox/github/oidc.ts'
import { startGitHub } from '../../sandbox/github/rest.ts'
import type { GitHub } from '../../sandbox/github/rest.ts'
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

  function comment(body: string, token?: string): Promise<Response> {
    return call('POST', '', token, JSON.stringify({ body }))
  }

  function call(method: string, query: string, token = github.token, body?: string): Promise<Response> {
    const url = `${github.apiUrl}/repos/${github.repository}/issues/${github.pullRequest}/comments${query}`
    return fetch(url, { method, headers: { authorization: `Bearer ${token}` }, ...(body !== undefined && { body }) })
  }
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
