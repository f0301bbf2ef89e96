/** A pull request in the sandbox's GitHub: what people and other programs do with it while the action looks on. */
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../command.ts'
import { OWNER_TOKEN, STRANGER_TOKEN } from './rest.ts'
import type { GitHub } from './rest.ts'
import { pullRequestEvent, pushEvent } from '../runner/event.ts'
import type { PullRequest, WorkflowEvent } from '../runner/event.ts'

/** As GitHub's API tells it. */
export type Comment = {
  readonly id: number
  readonly body: string
  readonly user: { readonly login: string; readonly type: string }
  /** ISO 8601 */
  readonly updated_at: string
}

export interface OpenPullRequest {
  readonly number: number
  /** Its newest commit. */
  readonly head: string
  /** The event of its newest commit, with the test merge as the run's commit. */
  event(kind?: Pick<PullRequest, 'fork' | 'target'>): WorkflowEvent
  /** Commits all that is in a checkout to the head branch. */
  push(workspace: string): Promise<void>
  /** @returns the event of the push that the merge is. */
  merge(): Promise<WorkflowEvent>
  /** All comments on it, oldest first, whoever wrote them. */
  comments(): Promise<Comment[]>
  /** A comment by somebody who has nothing to do with the repository. */
  comment(body: string): Promise<void>
}

type Address = Pick<GitHub, 'apiUrl' | 'repository'>
type Commit = { readonly sha: string }

/** Opens one from a branch of its own; the default branch stays as it is. */
export async function openPullRequest(github: Address, workspace: string): Promise<OpenPullRequest> {
  const call = caller(github, OWNER_TOKEN)
  const branch = `change-${randomBytes(4).toString('hex')}`
  const base = await headOf(call, 'main')
  let head = await commit(call, workspace, base)
  await call('POST', 'git/refs', { ref: `refs/heads/${branch}`, sha: head })
  const { number } = (await call('POST', 'pulls', { title: 'Change the flows', head: branch, base: 'main' })) as { number: number }
  return {
    number,
    get head() { return head },
    event: (kind) => pullRequestEvent({ ...kind, number, head, base, sha: testMergeOf(head) }),
    push: async (changed) => {
      head = await commit(call, changed, head)
      await call('PATCH', `git/refs/heads/${branch}`, { sha: head })
    },
    merge: async () => {
      const before = await headOf(call, 'main')
      const { sha } = (await call('PUT', `pulls/${number}/merge`, {})) as Commit
      return pushEvent(sha, before)
    },
    comments: () => allComments(call, number),
    comment: async (body) => { await caller(github, STRANGER_TOKEN)('POST', `issues/${number}/comments`, { body }) },
  }
}

type Call = (method: string, path: string, body?: unknown) => Promise<unknown>

function caller({ apiUrl, repository }: Address, token: string): Call {
  return async (method, path, body) => {
    const request = { method, headers: { authorization: `token ${token}` }, ...(body !== undefined && { body: JSON.stringify(body) }) }
    const response = await fetch(`${apiUrl}/repos/${repository}/${path}`, request)
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    return response.json()
  }
}

async function headOf(call: Call, branch: string): Promise<string> {
  const { object } = (await call('GET', `git/ref/heads/${branch}`)) as { object: Commit }
  return object.sha
}

async function commit(call: Call, workspace: string, parent: string): Promise<string> {
  const files = await run(['git', '-C', workspace, 'ls-files', '--cached', '--others', '--exclude-standard'])
  const tree = files.split('\n').map((path) => ({ path, mode: '100644', type: 'blob', content: readFileSync(join(workspace, path), 'utf8') }))
  const { sha } = (await call('POST', 'git/trees', { tree })) as Commit
  return ((await call('POST', 'git/commits', { message: 'Change the flows', tree: sha, parents: [parent] })) as Commit).sha
}

const PAGE = 100

async function allComments(call: Call, number: number): Promise<Comment[]> {
  const comments: Comment[] = []
  for (let page = 1; comments.length === (page - 1) * PAGE; page += 1) {
    comments.push(...(await call('GET', `issues/${number}/comments?per_page=${PAGE}&page=${page}`)) as Comment[])
  }
  return comments
}

/** GitHub merges head and base into a commit that no branch has, and checks that out. */
function testMergeOf(head: string): string {
  return createHash('sha1').update(head).digest('hex')
}
