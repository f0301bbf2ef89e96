/** GitHub's REST API: `emulate` with its state, and in front of it what GitHub refuses and `emulate` does not. */
import { createEmulator } from 'emulate'
import { startCorrections } from './corrections.ts'
import type { Ask } from './corrections.ts'
import { freePort } from '../free-port.ts'
import { json } from '../http-server.ts'
import type { Answer, Message } from '../http-server.ts'
import { startRecordingProxy } from '../recording-proxy.ts'
import { repository } from '../scene.ts'

export interface GitHub {
  /** As `GITHUB_API_URL`; a recording proxy, so it can be told to fail too. */
  readonly apiUrl: string
  /** A job's token with `pull-requests: write`. */
  readonly token: string
  /** A job's token that may only read, as on a pull request from a fork. */
  readonly readOnlyToken: string
  /** `owner/name` */
  readonly repository: string
  /** Number of an open pull request. */
  readonly pullRequest: number
  stop(): Promise<void>
}

/** Who else there is: the owner's and a stranger's personal tokens. */
export const OWNER_TOKEN = 'ghp_sandboxOwner00000000000000000000000003'
export const STRANGER_TOKEN = 'ghp_sandboxStranger000000000000000000004'

const { owner: OWNER, name: NAME } = repository
const TOKEN = 'ghs_sandboxMayWritePullRequests0000000001'
const READ_ONLY_TOKEN = 'ghs_sandboxMayOnlyRead0000000000000000002'
/** Whom a job's token writes as. */
const BOT = 'github-actions[bot]'
const LOGINS: Readonly<Record<string, string>> = { [TOKEN]: BOT, [READ_ONLY_TOKEN]: BOT, [OWNER_TOKEN]: OWNER, [STRANGER_TOKEN]: 'stranger' }
const ROOT = `/repos/${OWNER}/${NAME}`
const COMMENT_LIMIT = 65_536

export async function startGitHub(): Promise<GitHub> {
  const port = await freePort()
  const emulatorUrl = `http://127.0.0.1:${port}`
  const ask = asking(emulatorUrl)
  const corrections = await startCorrections({ emulator: emulatorUrl, root: ROOT, ask })
  const proxy = await startRecordingProxy({ target: corrections.url, refuse })
  const emulator = await createEmulator({
    service: 'github',
    port,
    baseUrl: proxy.url,
    seed: {
      tokens: Object.fromEntries(Object.entries(LOGINS).map(([token, login]) => [token, { login, scopes: ['repo'] }])),
      github: { users: [...new Set(Object.values(LOGINS))].map((login) => ({ login })), repos: [{ owner: OWNER, name: NAME, auto_init: true }] },
    },
  })
  const pullRequest = await openPullRequest(ask)
  const stop = async () => { await Promise.all([proxy.stop(), corrections.stop(), emulator.close()]) }
  return { apiUrl: proxy.url, token: TOKEN, readOnlyToken: READ_ONLY_TOKEN, repository: `${OWNER}/${NAME}`, pullRequest, stop }
}

function refuse({ method, path, headers, body }: Message): Answer | undefined {
  const token = headers.authorization?.replace(/^(token|bearer) /i, '')
  if (token === undefined || LOGINS[token] === undefined) return json(401, { message: 'Bad credentials' })
  if (LOGINS[token] === BOT && path === '/user') return json(403, { message: 'Resource not accessible by integration' })
  if (method !== 'GET' && token === READ_ONLY_TOKEN) return json(403, { message: 'Resource not accessible by integration' })
  return method !== 'GET' && tooLong(body) ? json(422, { message: 'Validation Failed', errors: [{ message: `body is too long (maximum is ${COMMENT_LIMIT} characters)` }] }) : undefined
}

function tooLong(body: Buffer): boolean {
  const { body: comment } = (body.length === 0 ? {} : JSON.parse(body.toString())) as { body?: unknown }
  return typeof comment === 'string' && comment.length > COMMENT_LIMIT
}

function asking(url: string): Ask {
  const headers = { authorization: `token ${OWNER_TOKEN}` }
  return (method, path, body) => fetch(`${url}${ROOT}/${path}`, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) })
}

async function openPullRequest(ask: Ask): Promise<number> {
  const call = async (method: string, path: string, body?: unknown): Promise<Record<string, unknown>> => {
    const response = await ask(method, path, body)
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    return response.status === 204 ? {} : ((await response.json()) as Record<string, unknown>)
  }
  await call('PUT', `collaborators/${encodeURIComponent(BOT)}`, { permission: 'admin' }) // for tests that push with the job's token
  const { object } = await call('GET', 'git/ref/heads/main')
  await call('POST', 'git/refs', { ref: 'refs/heads/change', sha: (object as { sha: string }).sha })
  const { number } = await call('POST', 'pulls', { title: 'Change a flow', head: 'change', base: 'main' })
  return number as number
}
