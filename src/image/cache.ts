import type { Repository } from '../ports.ts'
import { formatImageReference } from './reference.ts'
import type { ImageReference } from './reference.ts'
import { isImmutableTag } from './tag-mutability.ts'

/** The input `cache`; a reference has a tag and no digest. */
export type CacheInput = 'auto' | 'off' | ImageReference

/** What a build may take from earlier ones, and what it leaves to later ones. */
export type BuildCache = {
  /** References of the registry; one that is not there is no error. */
  readonly from: readonly string[]
  /** Whether the image itself says what a later build can take from it: its own layers, not those of earlier stages. */
  readonly inline: boolean
  /** Where the whole cache goes once the release is done. */
  readonly to: string | undefined
  /** In words, for the log. */
  readonly told: string
}

export type CacheSituation = {
  readonly input: CacheInput
  readonly repository: Repository
  /** What AWS and the workspace hold: images of the repository in it are live, and were built like this one. */
  readonly live: unknown
  /** Whether the builder can write a cache to a registry; undefined for a plan, which writes none. */
  readonly builder: { readonly driver: string; readonly exportsCache: boolean } | undefined
}

/** The tag of `auto`, and what a filter has to fit to except it from a repository's immutability. */
const TAG = 'buildcache'
const MOST_IMAGES = 2

/**
 * A tag of a cache moves with every export. Where it cannot, or the builder cannot export, the cache is in the image
 * itself (inline), and the images that are live now are where it is looked for: every builder can do that, in every
 * repository.
 */
export function planCache({ input, repository, live, builder }: CacheSituation): BuildCache {
  if (input === 'off') return { from: [], inline: false, to: undefined, told: 'Build cache: off' }
  const reference = locate(input, repository)
  const isStuck = tagIn(repository, reference) !== undefined && isImmutableTag(repository, tagIn(repository, reference) ?? '')
  const from = [...(isStuck ? [] : [reference]), ...imagesIn(live, repository)]
  if (builder === undefined) return { from, inline: false, to: undefined, told: `Build cache: ${listed(from)}; a plan writes none` }
  if (!isStuck && builder.exportsCache) return { from, inline: false, to: reference, told: `Build cache: ${listed(from)}; written to ${reference} after the release` }
  return { from, inline: true, to: undefined, told: `Build cache: ${listed(from)}; written into the image, because ${isStuck ? stuck(reference) : unable(builder.driver)}` }
}

/** `tag` in the repository of the image, `repository:tag` beside it, or a whole reference. */
function locate(input: Exclude<CacheInput, 'off'>, { name, uri }: Repository): string {
  if (input === 'auto') return `${uri}:${TAG}`
  const { host, path, tag = '' } = input
  if (path === undefined) return `${uri}:${tag}`
  return formatImageReference({ ...input, host: host ?? uri.slice(0, -name.length - 1) })
}

/** The tag of a reference to this very repository. */
function tagIn({ uri }: Repository, reference: string): string | undefined {
  return reference.startsWith(`${uri}:`) ? reference.slice(uri.length + 1) : undefined
}

/** The tag that a cache has in the repository of the image; undefined when it is kept elsewhere. */
export function cacheTag(input: CacheInput, repository: string | undefined): string | undefined {
  if (input === 'off') return undefined
  if (input === 'auto') return TAG
  return input.path === undefined || input.path === repository ? input.tag : undefined
}

/** Those that the most refer to first. */
function imagesIn(live: unknown, { uri }: Repository): string[] {
  const counts = new Map<string, number>()
  for (const [image] of JSON.stringify(live ?? null).matchAll(/[\w.:/-]+@sha256:[0-9a-f]{64}/g)) {
    if (image.startsWith(`${uri}@`)) counts.set(image, (counts.get(image) ?? 0) + 1)
  }
  return [...counts].sort(([, a], [, b]) => b - a).slice(0, MOST_IMAGES).map(([image]) => image)
}

function listed(from: readonly string[]): string {
  return from.length === 0 ? 'none yet' : `from ${from.join(', ')}`
}

function stuck(reference: string): string {
  return `${reference} could be written once only: the repository's tags are immutable (a filter such as ${TAG}* excepts it)`
}

function unable(driver: string): string {
  return `the builder's driver "${driver}" cannot export one (docker/setup-buildx-action makes a builder that can)`
}
