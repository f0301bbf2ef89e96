import type { CacheInput } from './image/cache.ts'
import { readImageReference } from './image/reference.ts'
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
}

/** @param event name of the workflow's event. */
export function readImageInputs(reader: InputReader, event: string): ImageInputs {
  const secrets = reader.pairs('build-secrets')
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
    cache: readCache(reader),
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

/** Keeps a problem when nothing says which image, which only a plan without credentials can do without. */
export function requireImage({ given, repository }: ImageInputs, reader: InputReader): void {
  if (given !== undefined || repository !== undefined) return
  reader.problem('ecr-repository', 'is missing, and so is "image"', 'Name the repository to push to, or an existing image to deploy.')
}
