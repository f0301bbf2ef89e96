import { createHash } from 'node:crypto'
import type { Registry, RegistryImage, Repository } from '../src/ports.ts'

export type FakeRegistry = Registry & {
  readonly host: string
  addRepository(name: string, options?: { immutable?: boolean }): Repository
  /** Puts an image under a tag, as a push does; the digest is made from `content`. */
  addImage(repository: string, tag: string, image?: { content?: string; platforms?: readonly string[] }): RegistryImage
  /** As a lifecycle policy does. */
  archive(digest: string): void
  remove(digest: string): void
}

/** An ECR registry in memory. */
export function createFakeRegistry({ host = '123456789012.dkr.ecr.eu-central-1.amazonaws.com' } = {}): FakeRegistry {
  const repositories = new Map<string, { repository: Repository; images: RegistryImage[] }>()
  const archived = new Set<string>()
  const removed = new Set<string>()
  const find = (name: string, reference: string) => repositories.get(name)?.images
    .find(({ digest, tags }) => !removed.has(digest) && (digest === reference || tags.includes(reference)))
  return {
    host,
    addRepository: (name, { immutable = true } = {}) => {
      const repository = { name, uri: `${host}/${name}`, immutable }
      repositories.set(name, { repository, images: [] })
      return repository
    },
    addImage: (name, tag, { content = tag, platforms = [] } = {}) => {
      const images = repositories.get(name)?.images
      if (images === undefined) throw new Error(`no repository ${name}`)
      const digest = digestOf(content)
      const tags = [...(images.find((image) => image.digest === digest)?.tags ?? []), tag]
      const others = images.filter((image) => image.digest !== digest)
      const image = { digest, tags, platforms }
      images.splice(0, images.length, ...others.map((other) => ({ ...other, tags: other.tags.filter((own) => own !== tag) })), image)
      return image
    },
    findRepository: (name) => Promise.resolve(repositories.get(name)?.repository),
    findImage: ({ name }, reference) => {
      const image = find(name, reference)
      return Promise.resolve(image !== undefined && archived.has(image.digest) ? undefined : image)
    },
    imageStatus: ({ name }, digest) => Promise.resolve(archived.has(digest) ? 'ARCHIVED' : find(name, digest) && 'ACTIVE'),
    archive: (digest) => { archived.add(digest) },
    remove: (digest) => { removed.add(digest) },
    login: () => Promise.resolve({ host, username: 'AWS', password: 'fake-registry-password' }),
  } satisfies FakeRegistry
}

export function digestOf(content: string): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`
}
