import { existsSync, readFileSync } from 'node:fs'
import type { Environment } from './input-reader.ts'

/** The workflow run that this step is part of, as the event says it. */
export type RunContext = {
  /** `GITHUB_EVENT_NAME` */
  readonly event: string
  /** What the plan is of: the pull request's head, else the run's commit. */
  readonly commit: string
  /** Before the change: the pull request's base, or the commit before a push. */
  readonly base: string | undefined
  /** `isForeign`: its code comes from another repository, or from one that was deleted since. */
  readonly pullRequest: { readonly number: number; readonly isForeign: boolean } | undefined
  /** Web page of the run; undefined outside of GitHub. */
  readonly runUrl: string | undefined
  /** `owner/name` on GitHub; empty outside of it. */
  readonly repository: string
}

/** How long a part of the run took, in milliseconds. */
export type Phase = { readonly title: string; readonly milliseconds: number }

/** Reads the runner's variables and the event's file (GitHub's "Default environment variables" and webhook payloads). */
export function readRunContext(env: Environment): RunContext {
  const { pull_request: pull, before } = readEvent(env)
  const { GITHUB_EVENT_NAME: event = '', GITHUB_SHA: sha = '', GITHUB_REPOSITORY: repository = '' } = env
  const isForeign = pull?.head?.repo?.full_name !== (pull?.base?.repo?.full_name ?? repository)
  return {
    event,
    commit: pull?.head?.sha ?? sha,
    base: pull?.base?.sha ?? (before === undefined || NO_COMMIT.test(before) ? undefined : before),
    pullRequest: pull?.number === undefined ? undefined : { number: pull.number, isForeign },
    runUrl: runUrlOf(env),
    repository,
  }
}

/** What a push that creates a branch has before it. */
const NO_COMMIT = /^0*$/

/** The attempt's own page: the run's page always shows the last one. */
function runUrlOf(env: Environment): string | undefined {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: id, GITHUB_RUN_ATTEMPT: attempt } = env
  if (server === undefined || repository === undefined || id === undefined) return undefined
  return `${server}/${repository}/actions/runs/${id}${attempt === undefined ? '' : `/attempts/${attempt}`}`
}

type Side = { readonly sha?: string; readonly repo?: { readonly full_name?: string } | null }

/** What is read of the event; `repo` is null when the repository was deleted. */
type Event = { readonly pull_request?: { readonly number?: number; readonly head?: Side; readonly base?: Side }; readonly before?: string }

function readEvent({ GITHUB_EVENT_PATH: path }: Environment): Event {
  return path === undefined || !existsSync(path) ? {} : (JSON.parse(readFileSync(path, 'utf8')) as Event)
}
