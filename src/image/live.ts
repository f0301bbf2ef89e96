import { DeployError } from '../errors.ts'
import type { Docker, Registry } from '../ports.ts'
import type { LiveImage, WantedImage } from './plan.ts'
import { formatImageReference } from './reference.ts'
import type { ImageReference } from './reference.ts'

export type Registries = { readonly registry: Registry; readonly docker: Pick<Docker, 'resolveDigest'> }

/**
 * Looks a wanted image up. A name without host is an ECR repository of this account; Docker Hub needs its host,
 * `docker.io/…`: a mistyped repository must not become a stranger's image. A name with the host of this account's
 * registry is looked up there, any other by Docker with the user's own logins.
 */
export async function readImage(wanted: WantedImage, { registry, docker }: Registries): Promise<LiveImage> {
  if (wanted.kind === 'build') return readFromEcr(wanted.repository, wanted.tag, registry)
  const { reference } = wanted
  const name = await ecrRepositoryOf(reference, wanted.repository, registry)
  if (name !== undefined) return readFromEcr(name, reference.digest ?? reference.tag ?? '', registry)
  const uri = `${reference.host}/${reference.path}`
  return { registry: 'other', uri, digest: await docker.resolveDigest(formatImageReference(reference)) }
}

async function ecrRepositoryOf({ host, path, tag, digest }: ImageReference, repository: string | undefined, registry: Registry): Promise<string | undefined> {
  if (path === undefined && repository === undefined) {
    throw new DeployError('invalid-input', `Input "image": "${tag ?? digest}" is a tag or digest of a repository, but "ecr-repository" is not set`, {
      hint: 'Set ecr-repository, or give the whole reference.',
    })
  }
  if (host === undefined) return path ?? repository
  const own = repository === undefined ? undefined : await registry.findRepository(repository)
  if (own?.uri === `${host}/${path}`) return own.name
  return host === (await registry.login()).host ? path : undefined
}

async function readFromEcr(name: string, reference: string, registry: Registry): Promise<LiveImage> {
  const repository = await registry.findRepository(name)
  const image = repository === undefined ? undefined : await registry.findImage(repository, reference)
  return { registry: 'ecr', name, repository, image }
}
