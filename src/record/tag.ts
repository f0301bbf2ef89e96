import { createHash } from 'node:crypto'

/** What the tag of a record says; digest and commit are their first twelve hexadecimal digits. */
export type RecordTag = {
  readonly tag: string
  /** ISO 8601 without dashes and colons, in UTC and with milliseconds: sorts as it is. */
  readonly time: string
  readonly digest: string
  /** Empty outside of GitHub. */
  readonly commit: string
}

export type Recorded = { readonly name: string; readonly time: Date; readonly digest: string; readonly commit: string }

const SHORT = 12
const LONGEST_NAME = 60
const TAG = /^release-(?<name>[\w.-]+)-(?<time>\d{8}T\d{9}Z)-(?<digest>[0-9a-f]{12})(?:-(?<commit>[0-9a-f]{1,12}))?$/

/**
 * The tag of a record: `release-<name>-<time>-<image digest>-<commit>`. It is never written twice, so it is legal where
 * tags are immutable; it says whose it is, and sorts by time. At most 128 characters, as of any tag.
 */
export function tagOf({ name, time, digest, commit }: Recorded): string {
  const parts = ['release', labelOf(name), compact(time), digest.replace(/^sha256:/, '').slice(0, SHORT), commit.slice(0, SHORT).toLowerCase()]
  return parts.filter((part) => part !== '').join('-')
}

/** The records of a release target among all tags of a repository, newest first. */
export function recordsOf(name: string, tags: readonly string[]): RecordTag[] {
  const label = labelOf(name)
  const records = tags.flatMap((tag): RecordTag[] => {
    const { name: own, time = '', digest = '', commit = '' } = TAG.exec(tag)?.groups ?? {}
    return own === label ? [{ tag, time, digest, commit }] : []
  })
  return records.sort((one, other) => (one.time === other.time ? compare(other.tag, one.tag) : compare(other.time, one.time)))
}

/** Whether a short form of a digest or commit in a tag is that of a whole one. */
export function isShortOf(short: string, whole: string): boolean {
  return short !== '' && whole.replace(/^sha256:/, '').toLowerCase().startsWith(short)
}

/** A tag takes few characters; two names that would look the same are told apart by what they really are. */
function labelOf(name: string): string {
  const plain = name.replaceAll(/[^\w.-]/g, '_')
  if (plain === name && name.length <= LONGEST_NAME) return name
  return `${plain.slice(0, LONGEST_NAME - 9)}-${createHash('sha256').update(name).digest('hex').slice(0, 8)}`
}

function compact(time: Date): string {
  return time.toISOString().replaceAll(/[-:.]/g, '')
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
