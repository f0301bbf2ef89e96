import { DeployError } from '../errors.ts'
import type { Registry } from '../ports.ts'
import type { Docker } from '../docker-ports.ts'
import type { LiveImage, WantedImage } from './plan.ts'
import { formatImageReference } from './reference.ts'
import type { ImageReference } from './reference.ts'

type LiveEcrImage = Extract<LiveImage, { registry: 'ecr' }>
export type Registries = { readonly registry: Registry; readonly docker: Pick<Docker, 'resolveDigest'> }

/**
 * Looks a wanted image up. A name without host is an ECR repository of this account; Docker Hub needs its host,
 * `docker.io/…`: a mistyped repository must not become a stranger's image. A name with the host of this account's
 * registry is looked up there, any other by Docker with the user's own logins.
 */
export async function readImage(wanted: WantedImage, { registry, docker }: Registries): Promise<LiveImage> {
  if (wanted.kind === 'build') return readBuilt(wanted, registry)
  const { reference } = wanted
  const name = await ecrRepositoryOf(reference, wanted.repository, registry)
  if (name !== undefined) return readGiven(wanted, name, registry)
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

/** Where the repository may be made, its address is that of the registry, as the login has it. */
async function readBuilt({ repository, tag, createsRepository = false }: Extract<WantedImage, { kind: 'build' }>, registry: Registry): Promise<LiveEcrImage> {
  const live = await readFromEcr(repository, tag, registry)
  return live.repository === undefined && createsRepository ? { ...live, host: (await registry.login()).host } : live
}

/**
 * Of an image that somebody else has built its platform is looked up, too. What this action has built before is for the
 * platform that its fingerprint covers, and the engine says so when its flows are read.
 */
async function readGiven({ reference, platform }: Extract<WantedImage, { kind: 'existing' }>, name: string, registry: Registry): Promise<LiveEcrImage> {
  const live = await readFromEcr(name, reference.digest ?? reference.tag ?? '', registry)
  const { repository, image } = live
  if (platform === undefined || repository === undefined || image === undefined || image.platforms.length > 0) return live
  const known = await registry.platformOf(repository, image.digest)
  return known === undefined ? live : { ...live, image: { ...image, platforms: [known] } }
}

async function readFromEcr(name: string, reference: string, registry: Registry): Promise<LiveEcrImage> {
  const repository = await registry.findRepository(name)
  const image = repository === undefined ? undefined : await registry.findImage(repository, reference)
  return { registry: 'ecr', name, repository, image }
}
