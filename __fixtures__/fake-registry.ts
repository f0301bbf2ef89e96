import { createHash } from 'node:crypto'
import { isImmutableTag } from '../src/image/tag-mutability.ts'
import type { Registry, RegistryImage, Repository } from '../src/ports.ts'

export type FakeRegistry = Registry & {
  readonly host: string
  addRepository(name: string, options?: Partial<Pick<Repository, 'immutable' | 'exclusions'>>): Repository
  /** Puts an image under a tag, as a push does; the digest is made from `content`. */
  addImage(repository: string, tag: string, image?: { content?: string; platforms?: readonly string[] }): RegistryImage
  /** As a lifecycle policy does. */
  archive(digest: string): void
  /** Lifecycle policies by the repository's name. */
  readonly policies: ReadonlyMap<string, string>
  /** Names that repositories were asked for with, and tags that were put, `name:tag`, in their order. */
  readonly created: readonly string[]
  readonly tagged: readonly string[]
  /** Thrown by the next calls of that name. */
  readonly failures: Partial<Record<'createRepository' | 'setLifecycle' | 'addTag', Error>>
  /** Platform in the configuration of a single manifest. */
  configure(digest: string, platform: string): void
  remove(digest: string): void
}

/** An ECR registry in memory. */
export function createFakeRegistry({ host = '123456789012.dkr.ecr.eu-central-1.amazonaws.com' } = {}): FakeRegistry {
  const repositories = new Map<string, { repository: Repository; images: RegistryImage[] }>()
  const archived = new Set<string>()
  const removed = new Set<string>()
  const policies = new Map<string, string>()
  const platforms = new Map<string, string>()
  const [created, tagged]: [string[], string[]] = [[], []]
  const failures: FakeRegistry['failures'] = {}
  const find = (name: string, reference: string) => repositories.get(name)?.images
    .find(({ digest, tags }) => !removed.has(digest) && (digest === reference || tags.includes(reference)))
  const registry: FakeRegistry = {
    host, policies, created, tagged, failures,
    configure: (digest, platform) => { platforms.set(digest, platform) },
    platformOf: (_, digest) => Promise.resolve(platforms.get(digest)),
    findTags: ({ name }, tags) => Promise.resolve(new Map(tags.flatMap((tag): [string, string][] => {
      const image = find(name, tag)
      return image === undefined ? [] : [[tag, image.digest]]
    }))),
    addTag: ({ name }, digest, tag) => {
      if (failures.addTag !== undefined) return Promise.reject(failures.addTag)
      const entry = repositories.get(name)
      const there = find(name, tag)
      if (entry === undefined || find(name, digest) === undefined) return Promise.reject(new Error(`no image ${digest} in ${name}`))
      if (there !== undefined && there.digest !== digest && isImmutableTag(entry.repository, tag)) return Promise.resolve('taken')
      tagged.push(`${name}:${tag}`)
      entry.images.splice(0, entry.images.length, ...entry.images.map((image) => {
        const others = image.tags.filter((each) => each !== tag)
        return { ...image, tags: image.digest === digest ? [...others, tag] : others }
      }))
      return Promise.resolve('added')
    },
    createRepository: ({ name, exclusions }) => {
      if (failures.createRepository !== undefined) return Promise.reject(failures.createRepository)
      created.push(name)
      if (!repositories.has(name)) registry.addRepository(name, { exclusions })
      return Promise.resolve()
    },
    setLifecycle: (name, policy) => {
      if (failures.setLifecycle !== undefined) return Promise.reject(failures.setLifecycle)
      policies.set(name, policy)
      return Promise.resolve()
    },
    addRepository: (name, { immutable = true, exclusions } = {}) => {
      const repository = { name, uri: `${host}/${name}`, immutable, ...(exclusions !== undefined && { exclusions }) }
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
  }
  return registry
}

export function digestOf(content: string): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`
}
