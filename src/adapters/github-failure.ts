import { DeployError, messageOf } from '../errors.ts'

/** What is asked of GitHub, in words (`read`, `comments of pull request 3`), and what the job's token needs for it. */
export type Question = { readonly verb: 'read' | 'write'; readonly what: string; readonly permission: string }

export type Asked = { readonly question: Question; readonly apiUrl: string; readonly repository: string }

/** GitHub's answer that was no success; its header names are lower case. */
export type Refusal = { readonly status: number; readonly message: string; readonly headers: Readonly<Record<string, string | undefined>> }

/** @returns undefined when GitHub gave no answer at all. */
export function answerOf(error: unknown): Refusal | undefined {
  // octokit's RequestError; one without `response` has a status that nobody sent.
  const { status, response } = error as { status?: number; response?: { headers?: Refusal['headers']; data?: unknown } }
  if (status === undefined || response === undefined) return undefined
  return { status, message: saidBy(response.data), headers: response.headers ?? {} }
}

/** Whether it is a primary or secondary rate limit: 429, or a 403 that says so ("Rate limits for the REST API"). */
export function isLimited(error: unknown): boolean {
  const { status, headers = {}, message = '' } = answerOf(error) ?? {}
  if (status === 429) return true
  return status === 403 && (headers['retry-after'] !== undefined || headers['x-ratelimit-remaining'] === '0' || /rate limit/i.test(message))
}

/** Whether the same request may succeed a little later: no answer, or a server's error. */
export function isTransient(error: unknown): boolean {
  const answer = answerOf(error)
  return answer === undefined ? isLost(error) : answer.status >= 500
}

/** The sentence for people; what is none of GitHub's passes untouched. */
export function failureOf(error: unknown, asked: Asked): unknown {
  if (error instanceof DeployError) return error
  const answer = answerOf(error)
  if (answer === undefined) return isLost(error) ? new Error(unreached(error, asked.apiUrl), { cause: error }) : error
  return new Error(isLimited(error) ? limited(answer) : refused(answer, asked), { cause: error })
}

function refused(answer: Refusal, { question, repository }: Asked): string {
  const { what, permission } = question
  const said = `${answer.status} ${answer.message}`.trim()
  switch (answer.status) {
    case 401: return `GitHub does not accept the token (${said}): leave the input "github-token" out, so that the job's own is used`
    case 403: return forbidden(said, question)
    case 404: return `GitHub shows the token no ${what} in ${repository} (${said}): ` +
      `give the job "permissions: ${permission}" and a token of this repository`
    case 422: return `GitHub does not take ${what} (${said}): report it as an issue of this action`
    default: return answer.status >= 500
      ? `GitHub answered ${said}: look at githubstatus.com and run the job again`
      : `GitHub refused ${what} (${said}): run the job again, and report it as an issue of this action if that does not help`
  }
}

function forbidden(said: string, { verb, what, permission }: Question): string {
  if (/locked/i.test(said)) return `The conversation is locked (${said}): unlock it and run the job again`
  const never = verb === 'write' ? '; on pull requests from forks and of Dependabot it never may' : ''
  return `The token may not ${verb} ${what} (${said}): give the job "permissions: ${permission}"${never}`
}

function limited({ status, headers }: Refusal): string {
  const reset = Number(headers['x-ratelimit-reset'])
  const isOver = headers['x-ratelimit-remaining'] === '0' && reset > 0
  const end = isOver ? `until ${new Date(reset * 1000).toISOString().slice(11, 16)} UTC` : 'for now'
  return `GitHub's rate limit is used up ${end} (${status}): run the job again later`
}

function unreached(error: unknown, apiUrl: string): string {
  return `GitHub was not reached at ${apiUrl} (${reasonOf(error)}): check the runner's network and proxy, and run the job again`
}

/** octokit wraps what `fetch` throws, which wraps what the socket threw. */
function reasonOf(error: unknown): string {
  const { cause, name, code } = error as { cause?: unknown; name?: unknown; code?: unknown }
  if (name === 'TimeoutError') return 'no answer in time'
  if (typeof cause === 'object' && cause !== null) return reasonOf(cause)
  return typeof code === 'string' ? code : messageOf(error)
}

function isLost(error: unknown): boolean {
  return error instanceof Error && error.name === 'HttpError'
}

/** GitHub's words, with those about single fields. */
function saidBy(data: unknown): string {
  const { message, errors } = (typeof data === 'object' && data !== null ? data : {}) as { message?: unknown; errors?: unknown }
  const details = Array.isArray(errors) ? errors.map((error: unknown) => (error as { message?: unknown } | null)?.message) : []
  const texts = [message, ...details].filter((text) => typeof text === 'string' && text !== '')
  return texts.join(': ').replaceAll(/\s+/g, ' ').slice(0, 300)
}
