import type { ImageInputs } from './image.ts'
import type { InputReader } from './input-reader.ts'
import { parseRollbackTarget } from '../record/choice.ts'
import type { RollbackTarget } from '../record/choice.ts'

/** Where records are kept: beside the image in its ECR repository, in a bucket, or nowhere. */
export type RecordPlace = { readonly kind: 'repository' | 'off' } | { readonly kind: 'bucket'; readonly bucket: string; readonly prefix: string }

export type RecordInputs = {
  readonly place: RecordPlace
  /** Go back to an earlier release instead of releasing this commit. */
  readonly rollbackTo: RollbackTarget | undefined
  /** Whether a commit older than the live one may be released. */
  readonly allowOlder: boolean
}

const BUCKET_URL = /^s3:\/\/(?<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(?<prefix>.*?))?\/*$/
const ROLLBACK = /^(previous|release-[\w.-]+|sha256:[0-9a-f]{64})$/

/** @param image a rollback takes that of the record, so none may be given. */
export function readRecordInputs(reader: InputReader, image: ImageInputs): RecordInputs {
  const place = readPlace(reader)
  return { place, rollbackTo: readRollback(reader, place, image), allowOlder: reader.boolean('allow-older', false) }
}

function readPlace(reader: InputReader): RecordPlace {
  const value = reader.text('record') ?? 'auto'
  if (value === 'auto') return { kind: 'repository' }
  if (value === 'off') return { kind: 'off' }
  const { bucket, prefix = '' } = BUCKET_URL.exec(value)?.groups ?? {}
  if (bucket !== undefined) return { kind: 'bucket', bucket, prefix }
  reader.problem('record', `"${value}" is neither auto nor off nor s3://bucket/prefix`)
  return { kind: 'off' }
}

function readRollback(reader: InputReader, place: RecordPlace, { given }: ImageInputs): RollbackTarget | undefined {
  const value = reader.text('rollback-to')
  if (value === undefined) return undefined
  if (!ROLLBACK.test(value)) {
    reader.problem('rollback-to', `"${value}" is no record`, 'Give previous, the tag of a record (release-…) or the digest of its image (sha256:…).')
  }
  if (given !== undefined) reader.problem('rollback-to', 'is set beside "image"', 'Leave one of them out: a rollback takes the image of the record.')
  if (place.kind === 'off') reader.problem('rollback-to', 'needs records, and "record" is off', 'Say where they are kept: record: auto or s3://bucket/prefix.')
  return parseRollbackTarget(value)
}
