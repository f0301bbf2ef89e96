import { readFileSync } from 'node:fs'
import { DeployError } from './errors.ts'
import type { Environment, InputReader } from './input-reader.ts'

/** Declared in action.yml, built by later versions: set, each is an error instead of being ignored. */
const NOT_AVAILABLE = [
  'image-tags', 'keep', 'environment', 'secrets', 'tags', 'fingerprint-salt', 'work-pool-template', 'expect-plan-hash',
  'rollback-to', 'record', 'prune',
] as const

/** Inputs of which one value is built so far. */
const ONLY_AVAILABLE = {
  'create-repository': 'false', pin: 'deployment', provenance: 'false', 'allow-older': 'false', 'dry-run-build': 'true', comment: 'false',
} as const

/** Keeps a problem for every input that is set to what this version does not do. */
export function refuseUnavailable(reader: InputReader): void {
  for (const input of NOT_AVAILABLE) if (reader.text(input) !== undefined) reader.unavailable(input)
  for (const [input, only] of Object.entries(ONLY_AVAILABLE)) {
    const value = reader.text(input)
    if (value !== undefined && value !== only) reader.unavailable(input, `"${value}"`)
  }
}

/**
 * `pull_request_target` has secrets and a write token: code from another repository must not be built with them.
 * @throws DeployError `unsafe-event`
 */
export function refuseForeignCode(env: Environment): void {
  if (env.GITHUB_EVENT_NAME !== 'pull_request_target') return
  const { pull_request: pull } = readEvent(env)
  if (pull?.head?.repo?.full_name !== undefined && pull.head.repo.full_name === pull.base?.repo?.full_name) return
  throw new DeployError('unsafe-event', 'pull_request_target would build code from another repository with this repository\'s credentials', {
    hint: 'Use the event pull_request. A fork gets no credentials there, and so no plan in this version.',
  })
}

type PullRequestSide = { repo?: { full_name?: string } | null }

function readEvent(env: Environment): { pull_request?: { head?: PullRequestSide; base?: PullRequestSide } } {
  const path = env.GITHUB_EVENT_PATH
  return path === undefined ? {} : (JSON.parse(readFileSync(path, 'utf8')) as ReturnType<typeof readEvent>)
}
