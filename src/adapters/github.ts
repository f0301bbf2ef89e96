import type { PlanComments, PullRequests } from '../ports.ts'
import { connectGitHub } from './github-client.ts'
import type { Ask, GitHubOptions } from './github-client.ts'
import { createComments } from './github-comments.ts'
import { answerOf } from './github-failure.ts'

const PAGE = 100

/** The repository that this job is of; nothing is asked of GitHub yet. */
export function createGitHub(options: GitHubOptions): { readonly pullRequests: PullRequests; readonly comments: PlanComments } {
  const ask = connectGitHub(options)
  return { pullRequests: createPullRequests(ask), comments: createComments(ask, options.clock) }
}

function createPullRequests(ask: Ask): PullRequests {
  return {
    of: (commit) =>
      ask({ verb: 'read', what: `pull request of commit ${commit}`, permission: 'pull-requests: read' }, async (octokit, target) => {
        const { listPullRequestsAssociatedWithCommit: list } = octokit.rest.repos
        return chosen(await octokit.paginate(list, { ...target, commit_sha: commit, per_page: PAGE }), commit)
      }),
    headOf: (pullRequest) =>
      ask({ verb: 'read', what: `pull request ${pullRequest}`, permission: 'pull-requests: read' }, async (octokit, target) => {
        const { head, merged } = (await octokit.rest.pulls.get({ ...target, pull_number: pullRequest })).data
        return { commit: head.sha, isMerged: merged }
      }),
    fileAt: (commit, path) =>
      ask({ verb: 'read', what: `${path} at ${commit}`, permission: 'contents: read' }, async (octokit, target) => {
        try {
          return textOf((await octokit.rest.repos.getContent({ ...target, path, ref: commit })).data, path)
        } catch (error) {
          if (answerOf(error)?.status === 404) return undefined
          throw error
        }
      }),
    compare: (base, head) =>
      ask({ verb: 'read', what: `commits ${base} and ${head}`, permission: 'contents: read' }, async (octokit, target) => {
        // One commit a page: only the status is of interest.
        const { status } = (await octokit.rest.repos.compareCommitsWithBasehead({ ...target, basehead: `${base}...${head}`, per_page: 1 })).data
        return status
      }),
  }
}

type Candidate = {
  readonly number: number
  readonly state: string
  readonly merged_at: string | null
  readonly merge_commit_sha: string | null
  readonly head: { readonly sha: string }
}

/**
 * A commit can be in many pull requests, of stacked branches for one: the one whose merge it is, else a merged one, else
 * an open one that is at it.
 */
function chosen(candidates: readonly Candidate[], commit: string): number | undefined {
  const merged = candidates.filter(({ merged_at: at }) => at !== null)
  const choice = merged.find(({ merge_commit_sha: sha }) => sha === commit)
    ?? merged[0]
    ?? candidates.find(({ state, head }) => state === 'open' && head.sha === commit)
  return choice?.number
}

type Content = { readonly type?: string; readonly encoding?: string; readonly content?: string } | readonly unknown[]

/** A folder, a submodule or a link elsewhere is no file; GitHub sends up to 1 MB this way ("Get repository content"). */
function textOf(data: Content, path: string): string | undefined {
  if (!('content' in data) || data.type !== 'file') return undefined
  if (data.encoding !== 'base64') throw new Error(`${path} is larger than GitHub tells: 1 MB is the limit`)
  return Buffer.from(data.content ?? '', 'base64').toString()
}
