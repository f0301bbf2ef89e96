import type { Repository } from '@aws-sdk/client-ecr'
import type { Service, ServiceDeployment, Tag, Task, TaskDefinition } from '@aws-sdk/client-ecs'
import { viewRollout } from './ecs/service-deployments.ts'
import { viewService } from './ecs/service-view.ts'
import type { StoredObject } from './s3/bucket.ts'
import type { World } from './world.ts'

/** What the account holds, in the services' own words; dates are ISO 8601 text, as JSON has no dates. */
export type State = {
  readonly repositories: readonly Dateless<
    Repository & { readonly lifecyclePolicy?: string; readonly tags: Readonly<Record<string, string>> }
  >[]
  /** All revisions, INACTIVE ones too. */
  readonly taskDefinitions: readonly Dateless<TaskDefinition & { readonly tags: readonly Tag[] }>[]
  readonly services: readonly Dateless<Service>[]
  /** The newest of each service first; those too that cannot be listed yet. */
  readonly serviceDeployments: readonly Dateless<ServiceDeployment>[]
  readonly tasks: readonly Dateless<Task>[]
  /** S3's objects by bucket and key. */
  readonly buckets: Readonly<Record<string, Readonly<Record<string, { readonly size: number; readonly etag: string; readonly text: string }>>>>
}

/** A value as it comes back from JSON. */
export type Dateless<T> = T extends Date ? string : T extends object ? { [Key in keyof T]: Dateless<T[Key]> } : T

/** @returns the state with dates, which {@link State} has as text. */
export async function stateOf(world: World): Promise<object> {
  const repositories = [...world.repositories.values()].map(async ({ description, lifecyclePolicy }) => ({
    ...description,
    lifecyclePolicy,
    tags: await tagsOf(world, description.repositoryName),
  }))
  return {
    repositories: await Promise.all(repositories),
    taskDefinitions: [...world.taskDefinitions.values()].flat().map(({ definition, tags }) => ({ ...definition, tags })),
    services: [...world.services.values()].map((service) => viewService({ world, service })),
    serviceDeployments: [...world.services.values()].flatMap((service) => service.rollouts.map((rollout) => viewRollout({ world, service }, rollout))),
    tasks: [...world.tasks.values()],
    buckets: Object.fromEntries([...world.buckets].map(([name, { objects }]) => [name, Object.fromEntries([...objects].map(viewObject))])),
  }
}

function viewObject([key, { content, etag }]: readonly [string, StoredObject]) {
  return [key, { size: content.length, etag, text: content.toString() }] as const
}

/** Digests by tag. */
async function tagsOf({ registry }: World, repository: string): Promise<Record<string, string>> {
  const tags = await registry.listTags(repository)
  const manifests = await Promise.all(tags.map((tag) => registry.findManifest(repository, tag)))
  return Object.fromEntries(tags.map((tag, index) => [tag, manifests[index]?.digest ?? '']))
}
