import { createHash } from 'node:crypto'
import { stateOf } from './report.ts'
import type { Report, State } from './report.ts'

/** What a comment tells a later run of this action, hidden in its first line. */
export type PlanRecord = {
  /** The release target, as the input `name` says: one comment each. */
  readonly name: string
  readonly commit: string
  /** The plan's; empty when it could not be made, or not as a whole: no release has to keep to that. */
  readonly hash: string
  /** SHA-256 of all that the comment says but for links to runs, times of day and next runs: equal when nothing is new. */
  readonly content: string
  readonly state: State
  /** Hashes of the deployments that change, by `flow/deployment`; left out when they are too many for a comment. */
  readonly deployments?: Readonly<Record<string, string>>
}

const MOST_DEPLOYMENTS = 300
const MOST_CHARACTERS = 16_000

export function recordOf(report: Report): PlanRecord {
  const { plan, run: { commit } } = report
  const hash = plan.omissions.length > 0 ? '' : plan.hash
  const record = { name: plan.name, commit, hash, content: contentOf(report), state: stateOf(report) }
  const changing = plan.deployments.filter(({ hash }) => hash !== '')
  const deployments = Object.fromEntries(changing.map(({ name, hash }) => [name, hash]))
  const isShort = changing.length <= MOST_DEPLOYMENTS && JSON.stringify(deployments).length <= MOST_CHARACTERS
  return isShort ? { ...record, deployments } : record
}

/** The record of a plan that could not be made; two of them are the same when they say the same. */
export function failedRecord(name: string, commit: string, message: string): PlanRecord {
  return { name, commit, hash: '', content: digest(message), state: 'failed' }
}

/** A comment in HTML that nothing in the record can end: GitHub does not show it. */
export function formatRecord(record: PlanRecord): string {
  const json = JSON.stringify(record).replace(/[<>-]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`)
  return `${MARKER}${json} -->`
}

/** The record of a comment's text; undefined for a comment of anything else, or one that was made by hand and is none. */
export function readRecord(body: string): PlanRecord | undefined {
  const json = /^<!-- prefect-ecs-deploy (\{[^\r\n]*\}) -->/.exec(body)?.[1]
  const fields = json === undefined ? undefined : parse(json)
  if (fields === undefined) return undefined
  const { name, commit, hash, content, state, deployments } = fields
  if (typeof name !== 'string' || typeof commit !== 'string' || !isState(state)) return undefined
  if (!isHex(hash, /^([0-9a-f]{64})?$/) || !isHex(content, /^[0-9a-f]{64}$/)) return undefined
  const record = { name, commit, hash, content, state }
  if (deployments === undefined) return record
  return isHashes(deployments) ? { ...record, deployments } : undefined
}

/** The comment's text without its record. */
export function withoutRecord(body: string): string {
  return readRecord(body) === undefined ? body : body.replace(/^[^\n]*\n*/, '')
}

const MARKER = '<!-- prefect-ecs-deploy '

function contentOf({ plan: { rollback, ...plan }, outcome, newerCommit, deviations }: Report): string {
  const deployments = plan.deployments.map((each) => ({
    ...each, schedules: each.schedules.map((schedule) => ({ ...schedule, next: [] })),
  }))
  return digest(JSON.stringify([{ ...plan, image: spoken(plan.image), deployments, ...(rollback !== null && { rollback }) }, { ...outcome, record: undefined }, newerCommit ?? null, deviations]))
}

/** Without what a comment does not mention: one that an earlier version wrote says the same. */
function spoken({ createsRepository, tags, ...image }: Report['plan']['image']) {
  return { ...image, ...(createsRepository && { createsRepository }), ...(tags.length > 0 && { tags }) }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function parse(json: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(json)
    return isMapping(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isHex(value: unknown, pattern: RegExp): value is string {
  return typeof value === 'string' && pattern.test(value)
}

function isState(value: unknown): value is State {
  return value === 'planned' || value === 'applied' || value === 'failed'
}

function isHashes(value: unknown): value is Readonly<Record<string, string>> {
  return isMapping(value) && Object.values(value).every((hash) => isHex(hash, /^[0-9a-f]{16}$/))
}
