import { messageOf } from '../errors.ts'
import type { WarningCode } from '../errors.ts'
import type { Log, NewRepository, Registry, Repository } from '../ports.ts'

/** Tags of a new repository that may move: those of the build cache. */
const EXCLUSIONS = ['buildcache*']

/**
 * What a new repository keeps: the last hundred images, which a release may go back to, and the small records of five
 * hundred releases. What has no tag is an old build cache; ECR spares a part of an image that is there.
 */
export const LIFECYCLE_POLICY = {
  rules: [
    {
      rulePriority: 1, description: 'Records: small, one for each release', action: { type: 'expire' },
      selection: { tagStatus: 'tagged', tagPatternList: ['release-*'], countType: 'imageCountMoreThan', countNumber: 500 },
    },
    {
      rulePriority: 2, description: 'Images', action: { type: 'expire' },
      selection: { tagStatus: 'tagged', tagPatternList: ['tree-*'], countType: 'imageCountMoreThan', countNumber: 100 },
    },
    {
      rulePriority: 3, description: 'Old build caches', action: { type: 'expire' },
      selection: { tagStatus: 'untagged', countType: 'sinceImagePushed', countUnit: 'days', countNumber: 14 },
    },
  ],
}

/** The repository as it will be; `host` is the registry's, as AWS says it. */
export function plannedRepository(name: string, host: string): Repository {
  return { name, uri: `${host}/${name}`, immutable: true, exclusions: EXCLUSIONS }
}

/**
 * Makes the repository of an image that is about to be pushed. Another job may make it meanwhile, which is as good. It is
 * not deleted when the release fails later. A lifecycle policy that cannot be set costs storage, not the release.
 */
export async function createRepository({ name, exclusions = [] }: Repository, { registry, log }: CreationPorts): Promise<void> {
  const request: NewRepository = { name, exclusions }
  await registry.createRepository(request)
  log.info(`Created the ECR repository ${name}`)
  try {
    await registry.setLifecycle(name, JSON.stringify(LIFECYCLE_POLICY))
  } catch (error) {
    const code: WarningCode = 'lifecycle-not-set'
    log.warning(`[${code}] The new ECR repository ${name} has no lifecycle policy: ${messageOf(error).replace(/\.$/, '')}. Set the one of docs/image.md.`)
  }
}

type CreationPorts = { readonly registry: Pick<Registry, 'createRepository' | 'setLifecycle'>; readonly log: Pick<Log, 'info' | 'warning'> }
