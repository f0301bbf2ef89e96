import type { World } from '../world.ts'
import { findRepository } from './repositories.ts'

/** What a rule of a lifecycle policy does to an image, by its digest; the rules themselves are not simulated. */
export type LifecycleAction = { readonly repository: string; readonly digest: string; readonly action: 'expire' | 'transition' }

/** Removes or archives an image, as AWS does within a day after a rule matched it. @throws Error when it is not there. */
export async function applyLifecycle(world: World, { repository: name, digest, action }: LifecycleAction): Promise<void> {
  const repository = findRepository(world, name)
  if ((await world.registry.findManifest(name, digest)) === undefined) throw new Error(`There is no image ${digest} in ${name}`)
  if (action === 'transition') {
    repository.archived.add(digest)
    return
  }
  await world.registry.deleteManifest(name, digest)
  repository.pushed.delete(digest)
  repository.archived.delete(digest)
}
