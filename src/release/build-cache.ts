import { planCache } from '../image/cache.ts'
import type { BuildCache } from '../image/cache.ts'
import type { ImagePlan } from '../image/plan.ts'
import type { Inputs } from '../inputs.ts'
import type { Ports } from '../ports.ts'
import type { LiveState } from '../prefect-ports.ts'
import type { LiveAws } from './read.ts'

export type BuildCacheRequest = { readonly image: ImagePlan; readonly aws: LiveAws; readonly live: LiveState }

/**
 * The cache of the image that is built; undefined when none is. Only a release asks which builder there is: a plan takes
 * from a cache and leaves none.
 */
export async function readBuildCache(
  { image, aws, live }: BuildCacheRequest, { inputs, ports }: { readonly inputs: Inputs; readonly ports: Ports },
): Promise<BuildCache | undefined> {
  if (image.action !== 'build' || aws.build === undefined) return undefined
  const { cache: input } = inputs.image
  return planCache({
    input,
    repository: image.repository,
    live: [...aws.taskDefinitions, aws.serviceRevision, live],
    builder: inputs.dryRun || input === 'off' ? undefined : await ports.docker.builder(),
  })
}
