/** GitHub's OIDC issuer: real keys and discovery of oauth2-mock-server, and the route on which the runner gives out a job's token. */
import { createHmac, generateKeyPairSync, randomUUID, timingSafeEqual } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { OAuth2Server } from 'oauth2-mock-server'

/** How the token route behaves for one job. */
export type OidcMode = 'ok' | 'forbidden' | 'fails-once' | 'expired' | 'wrong-audience' | 'slow'
export type Claims = Readonly<Record<string, string>>
export type IdTokenRequest = { readonly claims: Claims; readonly mode?: OidcMode }

export interface Oidc {
  /** The `iss` of its tokens. */
  readonly issuer: string
  readonly jwksUrl: string
  /** What {@link idTokenEnvironment} needs to speak for a job. */
  readonly secret: string
  stop(): Promise<void>
}

/** A token lives for five minutes, as GitHub's do. */
const LIFETIME_SECONDS = 300
const SLOW_MILLISECONDS = 5000

export async function startOidc(): Promise<Oidc> {
  const server = new OAuth2Server()
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  await server.issuer.keys.add({ ...privateKey.export({ format: 'jwk' }), alg: 'RS256' })
  const secret = randomUUID()
  const failed = new Set<string>()
  server.service.addRoute('GET', '/token', async (request, response) => {
    const token = request.headers.authorization?.replace(/^bearer /i, '') ?? ''
    const { status, body } = await answer({ server, failed, token, secret, audience: request.query.audience })
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await server.start(0, '127.0.0.1')
  const issuer = `http://127.0.0.1:${server.address().port}`
  server.issuer.url = issuer
  return { issuer, jwksUrl: `${issuer}/jwks`, secret, stop: () => server.stop() }
}

/** The two variables that a job with `id-token: write` has. The request token itself says whose claims and which mode. */
export function idTokenEnvironment({ issuer, secret }: Pick<Oidc, 'issuer' | 'secret'>, request: IdTokenRequest): Record<string, string> {
  const payload = Buffer.from(JSON.stringify({ ...request, job: randomUUID() })).toString('base64url')
  return {
    ACTIONS_ID_TOKEN_REQUEST_URL: `${issuer}/token?api-version=2.0`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: `${payload}.${sign(payload, secret)}`,
  }
}

type Question = {
  readonly server: OAuth2Server
  readonly failed: Set<string>
  readonly token: string
  readonly secret: string
  readonly audience: string | string[] | undefined
}

async function answer({ server, failed, token, secret, audience }: Question): Promise<{ status: number; body: unknown }> {
  const [payload = '', signature = ''] = token.split('.')
  if (!equal(signature, sign(payload, secret))) return { status: 401, body: { message: 'Bad credentials' } }
  const { claims, mode = 'ok' } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as IdTokenRequest
  if (mode === 'forbidden') return { status: 403, body: { message: 'Resource not accessible by integration' } }
  if (mode === 'fails-once' && !failed.has(token)) {
    failed.add(token)
    return { status: 500, body: { message: 'Internal Server Error' } }
  }
  if (mode === 'slow') await setTimeout(SLOW_MILLISECONDS)
  return { status: 200, body: { count: 1, value: await issue(server, claims, mode, audience) } }
}

async function issue(server: OAuth2Server, claims: Claims, mode: OidcMode, audience: string | string[] | undefined): Promise<string> {
  const owner = String(claims.repository_owner)
  const aud = mode === 'wrong-audience' ? 'https://elsewhere.example' : (audience ?? `https://github.com/${owner}`)
  return server.issuer.buildToken({
    expiresIn: mode === 'expired' ? -60 : LIFETIME_SECONDS,
    scopesOrTransform: (_header, payload) => { Object.assign(payload, { jti: randomUUID() }, claims, { aud }) },
  })
}

function sign(payload: string, secret: string): string {
  return createHmac('sha256', secret).update(payload).digest('base64url')
}

function equal(left: string, right: string): boolean {
  return left.length === right.length && timingSafeEqual(Buffer.from(left), Buffer.from(right))
}
