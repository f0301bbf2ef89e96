import { getOctokit } from '@actions/github'
import type { Clock, Log } from '../ports.ts'
import { failureOf } from './github-failure.ts'
import type { Question } from './github-failure.ts'
import { resending } from './github-patience.ts'
import { proxyOf } from './proxy.ts'

export type GitHubOptions = {
  /** `GITHUB_API_URL` */
  readonly apiUrl: string
  readonly token: string | undefined
  /** `owner/name` */
  readonly repository: string
  readonly clock: Clock
  readonly log: Log
  /** Of one request. */
  readonly timeoutMs?: number
}

export type Octokit = ReturnType<typeof getOctokit>
export type Target = { readonly owner: string; readonly repo: string }

/**
 * Does some requests about the repository. Waits for a short rate limit and for what passes.
 * @throws Error, one sentence for people, with what to do; DeployError `cancelled` as it comes.
 */
export type Ask = <T>(question: Question, work: (octokit: Octokit, target: Target) => Promise<T>) => Promise<T>

const NO_TOKEN = 'There is no token for GitHub: leave the input "github-token" out, so that the job\'s own is used'
const NO_REPOSITORY = 'It is not known which repository this is: GITHUB_REPOSITORY is empty'
const TIMEOUT_MS = 20_000

/** Makes no request yet, and complains of a missing token or repository only when asked something. */
export function connectGitHub(options: GitHubOptions): Ask {
  const { apiUrl, token, repository } = options
  const [owner = '', repo = ''] = repository.split('/')
  let octokit: Octokit | undefined
  return async (question, work) => {
    if (token === undefined || token === '') throw new Error(NO_TOKEN)
    if (owner === '' || repo === '') throw new Error(NO_REPOSITORY)
    try {
      octokit ??= createOctokit(token, options)
      return await work(octokit, { owner, repo })
    } catch (error) {
      throw failureOf(error, { question, apiUrl, repository })
    }
  }
}

function createOctokit(token: string, { apiUrl, clock, log, timeoutMs = TIMEOUT_MS }: GitHubOptions): Octokit {
  const debug = (message: string) => { log.debug(message) }
  const octokit = getOctokit(token, {
    baseUrl: apiUrl,
    userAgent: 'prefect-ecs-deploy',
    log: { debug, info: debug, warn: debug, error: debug },
    request: { fetch: delivering(apiUrl, timeoutMs), log: { warn: debug } },
  })
  const resend = resending({ clock, log })
  octokit.hook.wrap('request', (request, options) => resend(async () => request(options), options.method))
  return octokit
}

/** One request, its time limit included. The body is read here: octokit takes one that was cut off for an empty one. */
function delivering(apiUrl: string, timeoutMs: number): typeof fetch {
  const dispatcher = proxyOf(apiUrl)
  return async (input, init) => {
    const response = await fetch(input, { ...init, ...dispatcher, signal: AbortSignal.timeout(timeoutMs) })
    const body = await response.text()
    return new Response(body === '' ? null : body, { status: response.status, headers: response.headers })
  }
}
