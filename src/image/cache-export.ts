import { messageOf } from '../errors.ts'
import type { Log } from '../ports.ts'
import { buildRequest } from './build.ts'
import type { BuildOptions, BuildPlan } from './build.ts'
import type { BuildInputs } from './fingerprint.ts'

export type ExportOptions = BuildOptions & { readonly log: Pick<Log, 'info' | 'warning'> }

/**
 * Writes the cache of the build that this release has made to where {@link BuildCache.to} says, for builders that have
 * none of it. The builder goes through the same build again, and finds all of it in its own cache.
 * Whatever goes wrong: the release is done, and the next one only builds for longer.
 */
export async function exportCache(plan: BuildPlan, inputs: BuildInputs, { log, ...options }: ExportOptions): Promise<void> {
  const { docker, cache } = options
  if (cache?.to === undefined) return
  try {
    await docker.exportCache(buildRequest(plan, inputs, options), cache.to)
    log.info(`Wrote the build cache to ${cache.to}`)
  } catch (error) {
    log.warning(`The build cache was not written, which concerns the next build only: ${messageOf(error)}`)
  }
}
