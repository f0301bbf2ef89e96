import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createScratch } from './scratch.ts'

export const HEAD = 'a'.repeat(40)
export const BASE = 'b'.repeat(40)
/** Of the test merge that GitHub checks out. */
export const MERGE = 'c'.repeat(40)

export type PullRequestOptions = {
  readonly event?: string
  readonly number?: number
  readonly head?: string
  readonly base?: string
  /** `owner/name` that the code comes from; null when it was deleted. */
  readonly from?: string | null
  readonly to?: string
}

/** The variables of a run on a pull request, of this repository unless `from` says otherwise. */
export function onPullRequest(options: PullRequestOptions = {}): Record<string, string> {
  const { event = 'pull_request', number = 7, head = HEAD, base = BASE, to = 'acme/flows', from = to } = options
  const repo = from === null ? null : { full_name: from }
  const payload = { number, pull_request: { number, head: { sha: head, repo }, base: { sha: base, repo: { full_name: to } } } }
  return { GITHUB_EVENT_NAME: event, GITHUB_SHA: MERGE, GITHUB_REPOSITORY: to, GITHUB_EVENT_PATH: eventFile(payload) }
}

/** The variables of a run on a push. */
export function onPush({ commit = HEAD, before = BASE }: { readonly commit?: string; readonly before?: string } = {}): Record<string, string> {
  return { GITHUB_EVENT_NAME: 'push', GITHUB_SHA: commit, GITHUB_EVENT_PATH: eventFile({ before, after: commit }) }
}

function eventFile(payload: object): string {
  const path = join(createScratch('event'), 'event.json')
  writeFileSync(path, JSON.stringify(payload))
  return path
}
