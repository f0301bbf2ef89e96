import type { PlannedTag, ReleasePlan } from '../release-plan.ts'
import type { Wording } from './impact.ts'
import { series } from './impact.ts'
import { cut } from './markdown.ts'

/** Enough of a digest, as elsewhere, to tell it from others. */
const SHORT_DIGEST = 'sha256:'.length + 12

/** The tags that are written: `v1 (new), production (from sha256:0123456789ab…)`; undefined when none is. */
export function describeTags({ tags }: ReleasePlan['image'], { name, most }: Wording): string | undefined {
  const written = writtenTags(tags).map(({ tag, from }) => `${name(tag)} (${from === null ? 'new' : `from ${name(`${from.slice(0, SHORT_DIGEST)}…`)}`})`)
  return written.length === 0 ? undefined : series(written, Math.max(most, 1))
}

/** Each tag that is written as a line of a diff, with whole digests. */
export function tagDiff({ tags, reference }: ReleasePlan['image'], length: number): string[] {
  const digest = reference === null ? '(known after push)' : reference.slice(reference.indexOf('@') + 1)
  return writtenTags(tags).map(({ tag, from }) => (from === null ? `+ ${cut(tag, length)}: ${digest}` : `! ${cut(tag, length)}: ${from} → ${digest}`))
}

export function writtenTags(tags: readonly PlannedTag[]): PlannedTag[] {
  return tags.filter(({ action }) => action !== 'unchanged')
}
