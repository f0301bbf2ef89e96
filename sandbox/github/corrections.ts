/** In front of `emulate`: what GitHub answers and `emulate` does not, or answers otherwise. */
import { forward, json, serve } from '../http-server.ts'
import type { Answer, HttpServer, Message } from '../http-server.ts'

/** A request to `emulate` with the rights of the repository's owner, below `/repos/{owner}/{repo}`. */
export type Ask = (method: string, path: string, body?: unknown) => Promise<Response>

type Pull = {
  readonly number: number
  readonly state: string
  readonly title: string
  readonly head: { readonly ref: string; readonly sha: string }
  readonly base: { readonly ref: string }
}
/** What a merge changes of a pull request. */
type Merge = { readonly sha: string; readonly at: string; readonly head: string }

/** @param emulator its URL. @param root `/repos/{owner}/{repo}` */
export async function startCorrections({ emulator, root, ask }: {
  readonly emulator: string
  readonly root: string
  readonly ask: Ask
}): Promise<HttpServer> {
  const merges = new Map<number, Merge>()
  const correct = (pull: Pull) => corrected(pull, merges.get(pull.number), ask)
  return serve(async (message) => {
    const [route = '', argument = ''] = routeOf(message, root)
    switch (route) {
      case 'pulls of commit': return pullsOf(argument, ask, correct)
      case 'compare': return compare(argument, ask)
      case 'merge': return merge(Number(argument), ask, merges)
      case 'pull': return withBots(await pullOf(Number(argument), { message, emulator, correct }))
      default: return withBots(await forward(message, emulator))
    }
  })
}

function routeOf({ method, path }: Message, root: string): [route?: string, argument?: string] {
  const [, commit] = /^\/commits\/([^/?]+)\/pulls(?:\?|$)/.exec(path.slice(root.length)) ?? []
  const [, basehead] = /^\/compare\/([^/?]+)(?:\?|$)/.exec(path.slice(root.length)) ?? []
  const [, number, isMerge] = /^\/pulls\/(\d+)(\/merge)?(?:\?|$)/.exec(path.slice(root.length)) ?? []
  if (!path.startsWith(`${root}/`)) return []
  if (commit !== undefined && method === 'GET') return ['pulls of commit', commit]
  if (basehead !== undefined && method === 'GET') return ['compare', basehead]
  if (number === undefined) return []
  return isMerge === undefined ? ['pull', number] : method === 'PUT' ? ['merge', number] : []
}

/** "List pull requests associated with a commit": those that merged it, and those that are at it. */
async function pullsOf(commit: string, ask: Ask, correct: (pull: Pull) => Promise<Pull & Corrections>): Promise<Answer> {
  if (!(await ask('GET', `git/commits/${commit}`)).ok) return json(422, { message: `No commit found for SHA: ${commit}`, status: '422' })
  const all = (await (await ask('GET', 'pulls?state=all&per_page=100')).json()) as Pull[]
  const pulls = await Promise.all(all.map(correct))
  return withBots(json(200, pulls.filter(({ head, merge_commit_sha: merged }) => merged === commit || head.sha === commit)))
}

/** "Compare two commits": where the second is, seen from the first. */
async function compare(basehead: string, ask: Ask): Promise<Answer> {
  const [base = '', head = ''] = decodeURIComponent(basehead).split('...')
  const [before, after] = await Promise.all([historyOf(base, ask), historyOf(head, ask)])
  if (before === undefined || after === undefined) return json(404, { message: 'Not Found', status: '404' })
  const [ahead, behind] = [without(after, before), without(before, after)]
  const status = ahead === 0 ? (behind === 0 ? 'identical' : 'behind') : behind === 0 ? 'ahead' : 'diverged'
  return json(200, { status, ahead_by: ahead, behind_by: behind, total_commits: ahead, commits: [], files: [] })
}

function without(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  return [...one].filter((commit) => !other.has(commit)).length
}

/** A commit and all that are before it; undefined when there is no such commit. */
async function historyOf(commit: string, ask: Ask): Promise<Set<string> | undefined> {
  const history = new Set<string>()
  const open = [commit]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (history.has(next)) continue
    const response = await ask('GET', `git/commits/${next}`)
    if (!response.ok) return undefined
    history.add(next)
    open.push(...((await response.json()) as { parents: readonly { sha: string }[] }).parents.map(({ sha }) => sha))
  }
  return history
}

async function pullOf(number: number, { message, emulator, correct }: {
  readonly message: Message
  readonly emulator: string
  readonly correct: (pull: Pull) => Promise<Pull & Corrections>
}): Promise<Answer> {
  const answer = await forward(message, emulator)
  if (answer.status !== 200) return answer
  const pull = await correct(JSON.parse(String(answer.body)) as Pull)
  return json(200, { ...pull, number, merged: pull.merged_at !== null })
}

type Corrections = { readonly merged_at: string | null; readonly merge_commit_sha: string | null }

/** `emulate` keeps the commits that a pull request was opened with; its head is where its branch is. */
async function corrected(pull: Pull, merge: Merge | undefined, ask: Ask): Promise<Pull & Corrections> {
  if (merge !== undefined) return { ...pull, head: { ...pull.head, sha: merge.head }, merged_at: merge.at, merge_commit_sha: merge.sha }
  const head = pull.state === 'open' ? await commitOf(pull.head.ref, ask) : undefined
  return { ...pull, head: { ...pull.head, sha: head ?? pull.head.sha }, merged_at: null, merge_commit_sha: null }
}

/** Merges what head and base are at now; the files are the head's, as `emulate` has it. */
async function merge(number: number, ask: Ask, merges: Map<number, Merge>): Promise<Answer> {
  const pull = (await (await ask('GET', `pulls/${number}`)).json()) as Pull
  const [head, base] = await Promise.all([commitOf(pull.head.ref, ask), commitOf(pull.base.ref, ask)])
  const isOpen = pull.state === 'open' && head !== undefined && base !== undefined
  if (!isOpen) return json(405, { message: 'Pull Request is not mergeable', status: '405' })
  const { tree } = await ask('GET', `git/commits/${head}`).then((answer) => answer.json()) as { tree: { sha: string } }
  const commit = { message: `Merge pull request #${number} from ${pull.head.ref}`, tree: tree.sha, parents: [base, head] }
  const { sha } = await ask('POST', 'git/commits', commit).then((answer) => answer.json()) as { sha: string }
  await ask('PATCH', `git/refs/heads/${pull.base.ref}`, { sha })
  await ask('PATCH', `pulls/${number}`, { state: 'closed' })
  merges.set(number, { sha, head, at: new Date().toISOString() })
  return json(200, { sha, merged: true, message: 'Pull Request successfully merged' })
}

async function commitOf(branch: string, ask: Ask): Promise<string | undefined> {
  const response = await ask('GET', `git/ref/heads/${branch}`)
  return response.ok ? ((await response.json()) as { object: { sha: string } }).object.sha : undefined
}

/** `emulate` has bots for apps only; GitHub marks what a job's token writes. */
function withBots(answer: Answer): Answer {
  if (!String(answer.headers['content-type']).includes('json')) return answer
  const body = JSON.stringify(JSON.parse(String(answer.body), (_, value: unknown) => (isBot(value) ? { ...value, type: 'Bot' } : value)))
  return { ...answer, body }
}

function isBot(value: unknown): value is { login: string } {
  return typeof value === 'object' && value !== null && 'login' in value && String(value.login).endsWith('[bot]')
}
