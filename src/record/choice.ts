import { DeployError } from '../errors.ts'
import { isShortOf } from './tag.ts'
import type { RecordTag } from './tag.ts'

/** What the input `rollback-to` asks for. */
export type RollbackTarget =
  | { readonly kind: 'previous' }
  /** Of an image. */
  | { readonly kind: 'digest'; readonly digest: string }
  | { readonly kind: 'record'; readonly tag: string }

/** The record to go back to, and the newest one, which is of what should be live. */
export type Choice = { readonly chosen: RecordTag; readonly newest: RecordTag }

const DIGEST = /^sha256:[0-9a-f]{64}$/

export function parseRollbackTarget(text: string): RollbackTarget {
  if (text === 'previous') return { kind: 'previous' }
  return DIGEST.test(text) ? { kind: 'digest', digest: text } : { kind: 'record', tag: text }
}

/**
 * `previous` is what was live before the newest record was written; since a rollback writes a record too, the previous one
 * of a rollback is what it took away. By a digest it is the newest record of that image.
 * @param records of the release target, newest first. @param where they are, for messages.
 * @throws DeployError `record-missing`.
 */
export function chooseRecord(target: RollbackTarget, records: readonly RecordTag[], where: string): Choice {
  const [newest, previous] = records
  if (newest === undefined) throw none(where)
  const chosen = target.kind === 'previous' ? previous : records.find((record) => isMeant(record, target))
  if (chosen === undefined) throw missing(target, records, where)
  return { chosen, newest }
}

function isMeant({ tag, digest }: RecordTag, target: Exclude<RollbackTarget, { kind: 'previous' }>): boolean {
  return target.kind === 'record' ? tag === target.tag : isShortOf(digest, target.digest)
}

function none(where: string): DeployError {
  return new DeployError('record-missing', `There is no record of a release in ${where}`, {
    hint: 'Each release that changes something leaves one; check the inputs name, record and ecr-repository.',
  })
}

/** So many are told to somebody who looks for another one. */
const MOST_TOLD = 10

function missing(target: RollbackTarget, records: readonly RecordTag[], where: string): DeployError {
  const tags = records.slice(0, MOST_TOLD).map(({ tag }) => tag).join(', ')
  const what = target.kind === 'previous' ? 'no record before the live one' : target.kind === 'record' ? `no record ${target.tag}` : `no record of the image ${target.digest}`
  return new DeployError('record-missing', `There is ${what} in ${where}`, {
    hint: `There ${records.length === 1 ? 'is' : 'are'} ${tags}${records.length > MOST_TOLD ? ` and ${records.length - MOST_TOLD} older ones` : ''}.`,
  })
}
