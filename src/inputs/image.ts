import type { CacheInput } from '../image/cache.ts'
import { cacheTag } from '../image/cache.ts'
import { isRepositoryName, isTag, readImageReference } from '../image/reference.ts'
import type { InputReader } from './input-reader.ts'

export type ImageInputs = {
  readonly given: string | undefined
  readonly repository: string | undefined
  readonly context: string
  readonly dockerfile: string
  readonly target: string | undefined
  readonly buildArgs: Readonly<Record<string, string>>
  /** Part of the fingerprint, also where the values are withheld. */
  readonly buildSecretNames: readonly string[]
  /** By name; empty on pull requests unless they are asked for: a pull request's Dockerfile could send them anywhere. */
  readonly buildSecrets: Readonly<Record<string, string>>
  readonly platform: string | undefined
  readonly cache: CacheInput
  /** Whether a release makes the repository that its image is pushed to, when there is none. */
  readonly createRepository: boolean
  /** Further tags of the image that is released, each once. */
  readonly tags: readonly string[]
  /** Changes the fingerprint; never shown, for nobody says what is in it. */
  readonly salt: string | undefined
  readonly provenance: boolean
}

/** @param event name of the workflow's event. */
export function readImageInputs(reader: InputReader, event: string): ImageInputs {
  const secrets = reader.pairs('build-secrets')
  const cache = readCache(reader)
  const withheld = !reader.boolean('pull-request-build-secrets', false) && event.startsWith('pull_request')
  return {
    given: reader.text('image'),
    repository: reader.text('ecr-repository'),
    context: reader.text('context') ?? '.',
    dockerfile: reader.text('dockerfile') ?? 'Dockerfile',
    target: reader.text('target'),
    buildArgs: reader.pairs('build-args'),
    buildSecretNames: Object.keys(secrets),
    buildSecrets: withheld ? {} : secrets,
    platform: reader.text('platform'),
    cache,
    createRepository: readCreation(reader),
    tags: readTags(reader, cache),
    salt: reader.text('fingerprint-salt'),
    provenance: reader.boolean('provenance', false),
  }
}

/** A cache is found again by its tag, which moves with every release: a digest would be one that never changes. */
function readCache(reader: InputReader): CacheInput {
  const text = reader.text('cache') ?? 'auto'
  if (text === 'auto' || text === 'off') return text
  const reference = readImageReference(text)
  if (reference?.tag !== undefined && reference.digest === undefined) return reference
  reader.problem('cache', `"${text}" is neither "auto" nor "off" nor an image with a tag`, 'Give a tag, repository:tag, or registry/repository:tag.')
  return 'auto'
}

/** A repository that is made keeps its name: one that ECR would refuse is told before anything else is done. */
function readCreation(reader: InputReader): boolean {
  const isAsked = reader.boolean('create-repository', false)
  const name = reader.text('ecr-repository')
  if (isAsked && name !== undefined && !isRepositoryName(name)) {
    reader.problem('ecr-repository', `"${name}" is not a name that ECR takes`, 'Use 2 to 256 lowercase letters and digits, with ".", "_", "-" and "/" between them.')
  }
  return isAsked
}

/** Fingerprints, records and the build cache have tags of their own, by which they are found again. */
function readTags(reader: InputReader, cache: CacheInput): readonly string[] {
  const tags = [...new Set(reader.list('image-tags'))]
  const ofCache = cacheTag(cache, reader.text('ecr-repository'))
  for (const tag of tags) {
    const what = isTag(tag) ? takenBy(tag, ofCache) : 'is not a tag: at most 128 letters, digits, ".", "_" and "-", of which the first two not first'
    if (what !== undefined) reader.problem('image-tags', `"${tag}" ${what}`, 'Take another tag.')
  }
  return tags
}

function takenBy(tag: string, ofCache: string | undefined): string | undefined {
  if (tag === ofCache) return 'is the tag of the build cache'
  const of = RESERVED.find(([prefix]) => tag.startsWith(prefix))
  return of === undefined ? undefined : `begins like the tag of ${of[1]} ("${of[0]}")`
}

/** Prefixes of the tags that this action gives by itself. */
const RESERVED = [['tree-', 'an image by its fingerprint'], ['release-', 'the record of a release']] as const

/** Keeps a problem when nothing says which image, which only a plan without credentials can do without. */
export function requireImage({ given, repository }: ImageInputs, reader: InputReader): void {
  if (given !== undefined || repository !== undefined) return
  reader.problem('ecr-repository', 'is missing, and so is "image"', 'Name the repository to push to, or an existing image to deploy.')
}
