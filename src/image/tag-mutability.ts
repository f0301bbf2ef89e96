import picomatch from 'picomatch'
import type { Repository } from '../ports.ts'

/**
 * Whether a tag, once pushed, stays where it is. A filter of the repository turns its setting round for the tags that
 * it fits; its one wildcard, `*`, stands for any characters (ImageTagMutabilityExclusionFilter in the ECR API reference).
 */
export function isImmutableTag({ immutable, exclusions = [] }: Repository, tag: string): boolean {
  return exclusions.some((filter) => picomatch.isMatch(tag, filter, { dot: true })) ? !immutable : immutable
}
