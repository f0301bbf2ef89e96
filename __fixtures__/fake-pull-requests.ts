import type { PlanComment, PlanComments, PullRequests } from '../src/ports.ts'

export type FakePullRequests = {
  readonly pullRequests: PullRequests
  readonly comments: PlanComments
  /** Numbers of pull requests by the commit that they were merged as. */
  readonly merges: Map<string, number>
  /** Commits that pull requests are at. */
  readonly heads: Map<number, string>
  /** Texts by `commit:path`. */
  readonly files: Map<string, string>
  /** By `base...head`; `ahead` unless given. */
  readonly standings: Map<string, 'ahead' | 'behind' | 'identical' | 'diverged'>
  /** All comments of our own, oldest first. */
  readonly kept: (PlanComment & { readonly pullRequest: number })[]
  /** Everything asked, one line each: `find 3`, `edit 7`. */
  readonly calls: readonly string[]
  /** Whatever is asked for from now on fails with it. */
  failure: Error | undefined
}

/** A repository on GitHub, in memory: without pull requests until they are put into it. */
export function createFakePullRequests(): FakePullRequests {
  const calls: string[] = []
  const answer = <T>(call: string, work: () => T): Promise<T> => {
    calls.push(call)
    return fake.failure === undefined ? Promise.resolve(work()) : Promise.reject(fake.failure)
  }
  const pullRequests: PullRequests = {
    of: (commit) => answer(`of ${commit}`, () => fake.merges.get(commit)),
    headOf: (number) => answer(`head ${number}`, () => ({
      commit: fake.heads.get(number) ?? '', isMerged: [...fake.merges.values()].includes(number),
    })),
    fileAt: (commit, path) => answer(`file ${commit}:${path}`, () => fake.files.get(`${commit}:${path}`)),
    compare: (base, head) => answer(`compare ${base}...${head}`, () => fake.standings.get(`${base}...${head}`) ?? 'ahead'),
  }
  const comments: PlanComments = {
    find: (number, isWanted) => answer(`find ${number}`, () =>
      fake.kept.find(({ pullRequest, body }) => pullRequest === number && isWanted(body))),
    write: (number, body, id) =>
      answer(id === undefined ? `create ${number}` : `edit ${id}`, () => keep(fake.kept, { number, body, id })),
  }
  const fake: FakePullRequests = {
    pullRequests, comments, calls, kept: [], failure: undefined, merges: new Map(), heads: new Map(), files: new Map(), standings: new Map(),
  }
  return fake
}

type Written = { readonly number: number; readonly body: string; readonly id: number | undefined }

/** @returns the comment's web page. */
function keep(kept: FakePullRequests['kept'], { number, body, id = kept.length + 1 }: Written): string {
  const url = `https://github.com/acme/flows/pull/${number}#issuecomment-${id}`
  const index = kept.findIndex((comment) => comment.id === id)
  kept.splice(index === -1 ? kept.length : index, 1, { id, body, url, pullRequest: number })
  return url
}
