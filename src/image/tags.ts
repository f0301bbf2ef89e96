import { DeployError, throwProblems } from '../errors.ts'
import type { Repository } from '../ports.ts'
import type { ImagePlan, LiveImage } from './plan.ts'
import { isImmutableTag } from './tag-mutability.ts'

/** What becomes of one of `image-tags`; `from` is the digest of the image that has it now. */
export type TagPlan = { readonly tag: string; readonly action: 'create' | 'move' | 'unchanged'; readonly from: string | undefined }

/** Further tags of the released image, in its own repository. */
export type TagsPlan = { readonly repository: Repository; readonly tags: readonly TagPlan[] }

export type TagsRequest = {
  readonly wanted: readonly string[]
  readonly image: ImagePlan
  readonly live: LiveImage
  /** Digests of those of the wanted tags that are there. */
  readonly taken: ReadonlyMap<string, string>
}

/**
 * Plans the tags of the image that a release builds or takes.
 * @returns undefined when none are wanted.
 * @throws DeployError `invalid-input` for an image of another registry, `tag-taken` for tags that are on another image
 * and must not move.
 */
export function planTags({ wanted, image, live, taken }: TagsRequest): TagsPlan | undefined {
  if (wanted.length === 0) return undefined
  const repository = repositoryOf(image, live)
  if (repository === undefined) throw notInEcr(image)
  const tags = wanted.map((tag) => planTag(tag, taken.get(tag), digestOf(image)))
  throwProblems(tags.flatMap(({ tag, action, from }) => (action === 'move' && isImmutableTag(repository, tag) ? [tagTaken(repository, tag, from)] : [])))
  return { repository, tags }
}

/**
 * The same for an earlier image that is gone back to: tags that may move follow what is live, and nothing else is done.
 * The names of the others say which release they were made for.
 */
export function planTagsBack({ wanted, image, live, taken }: TagsRequest): TagsPlan | undefined {
  const repository = repositoryOf(image, live)
  if (repository === undefined) return undefined
  const tags = wanted.filter((tag) => taken.has(tag) && !isImmutableTag(repository, tag))
  return planTags({ wanted: tags, image, live, taken })
}

/** @param from digest of the image that has the tag, where that is known. */
export function tagTaken({ name }: Repository, tag: string, from?: string): DeployError {
  const whose = from === undefined ? 'another image' : `another image (${from})`
  return new DeployError('tag-taken', `Tag "${tag}" of ECR repository ${name} is on ${whose}, and tags of the repository do not move`, {
    hint: 'Give another tag in "image-tags", or except this one with a mutability exclusion filter of the repository.',
  })
}

function planTag(tag: string, from: string | undefined, digest: string | undefined): TagPlan {
  if (from === undefined) return { tag, action: 'create', from }
  return { tag, action: from === digest ? 'unchanged' : 'move', from }
}

function repositoryOf(image: ImagePlan, live: LiveImage): Repository | undefined {
  if (image.action === 'build') return image.repository
  return live.registry === 'ecr' ? live.repository : undefined
}

/** Of an image that is yet to be built it is one that no tag has. */
function digestOf(image: ImagePlan): string | undefined {
  return image.action === 'build' ? undefined : image.digest
}

function notInEcr(image: ImagePlan): DeployError {
  const reference = image.action === 'build' ? image.name : image.reference
  return new DeployError('invalid-input', `Input "image-tags": ${reference} is not in the ECR of this account and region, where tags can be given`, {
    hint: 'Leave "image-tags" empty for this image, or tag it where it is built.',
  })
}
