import { DeployError } from '../errors.ts'
import type { RegistryImage, Repository } from '../ports.ts'
import { plannedRepository } from './new-repository.ts'
import { formatImageReference } from './reference.ts'
import type { ImageReference } from './reference.ts'

/** The image that a release is to run. */
export type WantedImage = WantedBuild | WantedExisting

type WantedBuild = {
  readonly kind: 'build'
  readonly repository: string
  readonly fingerprint: string
  readonly tag: string
  readonly platform: string | undefined
  /** Whether a release makes the repository when there is none. */
  readonly createsRepository?: boolean
}
type WantedExisting = {
  readonly kind: 'existing'
  readonly reference: ImageReference
  readonly repository: string | undefined
  readonly platform: string | undefined
}

/** What the registries hold of it. */
export type LiveImage =
  | {
      readonly registry: 'ecr'
      readonly name: string
      readonly repository: Repository | undefined
      readonly image: RegistryImage | undefined
      /** Host of the registry, where the repository is missing and may be made. */
      readonly host?: string
    }
  | { readonly registry: 'other'; readonly uri: string; readonly digest: string | undefined }

/**
 * `build`: nothing with this fingerprint was ever pushed; `name` is `<repository uri>:<tag>`, and the repository is
 * described as it will be where a release has to make it.
 * `reuse`: the fingerprint's tag is there. `use`: the image that the user names. `reference` is `<repository uri>@<digest>`.
 */
export type ImagePlan =
  | { readonly action: 'build'; readonly repository: Repository; readonly fingerprint: string; readonly tag: string; readonly name: string; readonly createsRepository?: true }
  | {
      readonly action: 'reuse' | 'use'
      readonly uri: string
      readonly digest: string
      readonly reference: string
      readonly tag: string | undefined
      readonly fingerprint: string | undefined
    }

/**
 * Decides whether to build, to reuse what was built before, or to use what is given.
 * @throws DeployError `repository-missing`, `image-missing`, or `platform-mismatch` when the image is there but not for
 * the wanted platform.
 */
export function planImage(wanted: WantedImage, live: LiveImage): ImagePlan {
  return wanted.kind === 'build' ? planBuild(wanted, live) : planExisting(wanted, live)
}

function planBuild(wanted: WantedBuild, live: LiveImage): ImagePlan {
  const repository = live.registry === 'ecr' ? live.repository : undefined
  const { fingerprint, tag } = wanted
  if (repository === undefined) {
    const host = live.registry === 'ecr' && wanted.createsRepository === true ? live.host : undefined
    if (host === undefined) throw repositoryMissing(wanted.repository)
    const planned = plannedRepository(wanted.repository, host)
    return { action: 'build', repository: planned, fingerprint, tag, name: `${planned.uri}:${tag}`, createsRepository: true }
  }
  const image = live.registry === 'ecr' ? live.image : undefined
  if (image === undefined) return { action: 'build', repository, fingerprint, tag, name: `${repository.uri}:${tag}` }
  requirePlatform(wanted.platform, image, `${repository.uri}:${tag}`)
  return { action: 'reuse', ...located(repository.uri, image.digest), tag, fingerprint }
}

function planExisting({ reference, platform }: WantedExisting, live: LiveImage): ImagePlan {
  const text = formatImageReference(reference)
  if (live.registry === 'other') {
    if (live.digest === undefined) throw imageMissing(text, `the registry of ${live.uri}`)
    return { action: 'use', ...located(live.uri, live.digest), tag: reference.tag, fingerprint: undefined }
  }
  if (live.repository === undefined) throw repositoryMissing(live.name)
  if (live.image === undefined) throw imageMissing(text, `ECR repository ${live.repository.uri}`)
  requirePlatform(platform, live.image, text)
  const tag = reference.tag ?? live.image.tags[0]
  return { action: 'use', ...located(live.repository.uri, live.image.digest), tag, fingerprint: undefined }
}

function located(uri: string, digest: string) {
  return { uri, digest, reference: `${uri}@${digest}` }
}

/**
 * Platforms are compared by `os/architecture`; an image whose platforms are not known passes.
 * @throws DeployError `platform-mismatch`
 */
export function requirePlatform(wanted: string | undefined, { platforms }: Pick<RegistryImage, 'platforms'>, text: string): void {
  if (wanted === undefined || platforms.length === 0) return
  if (platforms.some((platform) => withoutVariant(platform) === withoutVariant(wanted))) return
  throw new DeployError('platform-mismatch', `Image "${text}" is for ${platforms.join(', ')}, but ${wanted} is needed`, {
    hint: 'Build it for that platform, or change runtimePlatform in the task definition.',
  })
}

function withoutVariant(platform: string): string {
  return platform.split('/').slice(0, 2).join('/')
}

function repositoryMissing(name: string): DeployError {
  return new DeployError('repository-missing', `There is no ECR repository "${name}" in this account and region`, {
    hint: 'Check ecr-repository, aws-region and the role\'s account, or have it made with "create-repository: true".',
  })
}

function imageMissing(text: string, where: string): DeployError {
  return new DeployError('image-missing', `There is no image "${text}" in ${where}`, {
    hint: 'Name a tag or digest that was pushed and that no lifecycle policy has removed, or leave "image" empty to build.',
  })
}
