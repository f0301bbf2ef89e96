/** GitHub's REST API: `emulate` with its state, and in front of it what GitHub refuses and `emulate` does not. */
import { createEmulator } from 'emulate'
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

const { owner: OWNER, name: NAME } = repository
const TOKEN = 'ghs_sandboxMayWritePullRequests0000000001'
const READ_ONLY_TOKEN = 'ghs_sandboxMayOnlyRead0000000000000000002'
const COMMENT_LIMIT = 65_536

export async function startGitHub(): Promise<GitHub> {
  const port = await freePort()
  const proxy = await startRecordingProxy({ target: `http://127.0.0.1:${port}`, refuse })
  const emulator = await createEmulator({
    service: 'github',
    port,
    baseUrl: proxy.url,
    seed: {
      tokens: Object.fromEntries([TOKEN, READ_ONLY_TOKEN].map((token) => [token, { login: OWNER, scopes: ['repo'] }])),
      github: { users: [{ login: OWNER }], repos: [{ owner: OWNER, name: NAME, auto_init: true }] },
    },
  })
  const pullRequest = await openPullRequest(`http://127.0.0.1:${port}`)
  const stop = async () => { await Promise.all([proxy.stop(), emulator.close()]) }
  return { apiUrl: proxy.url, token: TOKEN, readOnlyToken: READ_ONLY_TOKEN, repository: `${OWNER}/${NAME}`, pullRequest, stop }
}

function refuse({ method, headers, body }: Message): Answer | undefined {
  const token = headers.authorization?.replace(/^(token|bearer) /i, '')
  if (token !== TOKEN && token !== READ_ONLY_TOKEN) return json(401, { message: 'Bad credentials' })
  if (method !== 'GET' && token === READ_ONLY_TOKEN) return json(403, { message: 'Resource not accessible by integration' })
  return method !== 'GET' && tooLong(body) ? json(422, { message: 'Validation Failed', errors: [{ message: `body is too long (maximum is ${COMMENT_LIMIT} characters)` }] }) : undefined
}

function tooLong(body: Buffer): boolean {
  const { body: comment } = (body.length === 0 ? {} : JSON.parse(body.toString())) as { body?: unknown }
  return typeof comment === 'string' && comment.length > COMMENT_LIMIT
}

async function openPullRequest(url: string): Promise<number> {
  const call = async (path: string, body?: unknown): Promise<Record<string, unknown>> => {
    const headers = { authorization: `token ${TOKEN}` }
    const response = await fetch(`${url}/repos/${OWNER}/${NAME}/${path}`, body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as Record<string, unknown>
  }
  const { object } = await call('git/ref/heads/main')
  await call('git/refs', { ref: 'refs/heads/change', sha: (object as { sha: string }).sha })
  const { number } = await call('pulls', { title: 'Change a flow', head: 'change', base: 'main' })
  return number as number
}
