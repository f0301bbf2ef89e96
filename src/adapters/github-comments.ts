import type { Clock, PlanComment, PlanComments } from '../ports.ts'
import { retry } from '../retry.ts'
import type { Ask, Octokit, Target } from './github-client.ts'
import { answerOf, isLimited, isTransient } from './github-failure.ts'
import type { Question } from './github-failure.ts'

const PAGE = 100
const TRIES = 3

/** Of an author as GitHub tells it; null for a deleted account. */
type Author = { readonly login: string; readonly type: string } | null
type IsOurs = (author: Author) => Promise<boolean>

/** The comments of a pull request, which GitHub keeps as those of an issue. */
export function createComments(ask: Ask, clock: Clock): PlanComments {
  let isOurs: IsOurs | undefined
  const search = (octokit: Octokit, target: Target) => {
    isOurs ??= authorship(octokit)
    return searching(octokit, { ...target, isOurs })
  }
  const question = (verb: Question['verb'], pullRequest: number): Question =>
    ({ verb, what: `comments on pull request ${pullRequest}`, permission: 'pull-requests: write' })
  return {
    find: (pullRequest, isWanted) =>
      ask(question('read', pullRequest), (octokit, target) => search(octokit, target)(pullRequest, isWanted)),
    write: (pullRequest, body, id) =>
      ask(question('write', pullRequest), async (octokit, target) => {
        const edited = id === undefined ? undefined : await edit(octokit, { ...target, comment_id: id, body })
        if (edited !== undefined) return edited
        const findSame = () => search(octokit, target)(pullRequest, (existing) => existing.trim() === body.trim())
        return create(() => octokit.rest.issues.createComment({ ...target, issue_number: pullRequest, body }), { findSame, clock })
      }),
  }
}

/** @returns undefined when the comment is no longer there. */
async function edit(octokit: Octokit, comment: Target & { comment_id: number; body: string }): Promise<string | undefined> {
  try {
    return (await octokit.rest.issues.updateComment(comment)).data.html_url
  } catch (error) {
    if (answerOf(error)?.status === 404) return undefined
    throw error
  }
}

type Create = () => Promise<{ readonly data: { readonly html_url: string } }>
type Lookout = { readonly findSame: () => Promise<PlanComment | undefined>; readonly clock: Clock }

/** A comment whose answer was lost may be there: one looks before writing it again. */
async function create(send: Create, { findSame, clock }: Lookout): Promise<string> {
  let wasSent = false
  const work = async () => {
    const existing = wasSent ? await findSame() : undefined
    wasSent = true
    return existing?.url ?? (await send()).data.html_url
  }
  return retry(work, { clock, tries: TRIES, baseMs: 500, capMs: 4_000, isTransient })
}

function searching(octokit: Octokit, { owner, repo, isOurs }: Target & { isOurs: IsOurs }): PlanComments['find'] {
  return async (pullRequest, isWanted) => {
    const pages = octokit.paginate.iterator(octokit.rest.issues.listComments, { owner, repo, issue_number: pullRequest, per_page: PAGE })
    for await (const { data } of pages) {
      for (const { id, body = '', html_url: url, user } of data) {
        if (isWanted(body) && (await isOurs(user))) return { id, body, url }
      }
    }
    return undefined
  }
}

/**
 * Anybody can write a comment that looks like ours. A job's token and an app write as a bot, and only who may administer
 * a repository installs one; a personal token writes as its owner, whom only such a token can name.
 */
function authorship(octokit: Octokit): IsOurs {
  let own: Promise<string | undefined> | undefined
  return async (author) => {
    if (author?.type === 'Bot') return true
    const login = await (own ??= ownLogin(octokit))
    return login !== undefined && author?.login === login
  }
}

/** @returns undefined for a token that is no person's: GitHub answers 403 "Resource not accessible by integration". */
async function ownLogin(octokit: Octokit): Promise<string | undefined> {
  try {
    return (await octokit.rest.users.getAuthenticated()).data.login
  } catch (error) {
    const { status = 0 } = answerOf(error) ?? {}
    if ([401, 403, 404].includes(status) && !isLimited(error)) return undefined
    throw error
  }
}
