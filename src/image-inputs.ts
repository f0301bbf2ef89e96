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
}

/** @param event name of the workflow's event. */
export function readImageInputs(reader: InputReader, event: string): ImageInputs {
  const cache = reader.text('cache') ?? 'auto'
  if (cache !== 'auto' && cache !== 'off') reader.unavailable('cache', `a registry reference ("${cache}")`)
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
  }
}

/** Keeps a problem when nothing says which image, which only a plan without credentials can do without. */
export function requireImage({ given, repository }: ImageInputs, reader: InputReader): void {
  if (given !== undefined || repository !== undefined) return
  reader.problem('ecr-repository', 'is missing, and so is "image"', 'Name the repository to push to, or an existing image to deploy.')
}
