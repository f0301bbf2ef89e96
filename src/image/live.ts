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

/** Name of the ECR repository that a reference is about; undefined for another registry's. */
async function ecrRepositoryOf(reference: ImageReference, repository: string | undefined, registry: Registry): Promise<string | undefined> {
  const { host, path } = reference
  if (host === undefined) return path ?? repository ?? refuseBare(reference)
  const own = repository === undefined ? undefined : await registry.findRepository(repository)
  if (own?.uri === `${host}/${path}`) return own.name
  return host === (await registry.login()).host ? path : undefined
}

function refuseBare(reference: ImageReference): never {
  const text = formatImageReference(reference)
  throw new DeployError('invalid-input', `Input "image": "${text}" is a tag or digest of a repository, but "ecr-repository" is not set`, {
    hint: 'Set ecr-repository, or give the whole reference.',
  })
}

async function readFromEcr(name: string, reference: string, registry: Registry): Promise<LiveImage> {
  const repository = await registry.findRepository(name)
  const image = repository === undefined ? undefined : await registry.findImage(repository, reference)
  return { registry: 'ecr', name, repository, image }
}
