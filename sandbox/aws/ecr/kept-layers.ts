import type { RegistryPath } from './registry-path.ts'
import type { Registry } from './registry.ts'

/** Smaller ones are pushed again each time. */
const KEPT_BYTES = 10_000_000

/**
 * Large layers of a repository outlive a reset, as if an image that is gone had brought them. They are the base image and
 * the packages, which an engine packs for a quarter of a minute each time that a repository does not have them.
 */
export class KeptLayers {
  /** Where the real registry has it, by repository and digest. */
  readonly #places = new Map<string, string>()

  /** To be called when an upload is complete. */
  async keep(registry: Registry, { repository, rest }: RegistryPath): Promise<void> {
    const digest = new URL(rest, registry.origin).searchParams.get('digest') ?? ''
    const size = await registry.findBlobSize(repository, digest)
    if (size !== undefined && size >= KEPT_BYTES) this.#places.set(`${repository}@${digest}`, registry.nameOf(repository))
  }

  /** To be called before a layer is looked for. */
  async restore(registry: Registry, { repository, reference: digest }: RegistryPath): Promise<void> {
    const place = this.#places.get(`${repository}@${digest}`)
    if (place !== undefined && place !== registry.nameOf(repository)) await registry.mountBlob(repository, digest, place)
  }
}
