import type {
  ListTagsForResourceRequest,
  ListTagsForResourceResponse,
  Tag,
  TagResourceRequest,
  TagResourceResponse,
} from '@aws-sdk/client-ecs'
import { AwsError } from '../error.ts'
import type { Operations } from '../operation.ts'
import { operation } from '../operation.ts'
import type { World } from '../world.ts'
import { changeTask } from './task-record.ts'
import { findRevision } from './task-definitions.ts'

export const tagOperations: Operations = {
  TagResource: operation({
    grants: ({ resourceArn = '' }: TagResourceRequest) => [{ action: 'ecs:TagResource', resource: resourceArn }],
    run({ resourceArn = '', tags = [] }: TagResourceRequest, { world }): TagResourceResponse {
      const { read, write } = tagsOf(world, resourceArn)
      const kept = read.filter(({ key }) => !tags.some((tag) => tag.key === key))
      write([...kept, ...tags])
      return {}
    },
  }),
  ListTagsForResource: operation({
    grants: ({ resourceArn = '' }: ListTagsForResourceRequest) => [{ action: 'ecs:ListTagsForResource', resource: resourceArn }],
    run({ resourceArn = '' }: ListTagsForResourceRequest, { world }): ListTagsForResourceResponse {
      return { tags: [...tagsOf(world, resourceArn).read] }
    },
  }),
}

type TagStore = { readonly read: readonly Tag[]; readonly write: (tags: Tag[]) => void }

function tagsOf(world: World, arn: string): TagStore {
  const task = world.tasks.get(arn)
  const owner = world.services.get(arn) ?? (arn.includes(':task-definition/') ? findRevision(world, arn) : undefined)
  if (task !== undefined) return { read: task.tags ?? [], write: (tags) => changeTask(world, arn, { tags }) }
  if (owner === undefined) throw new AwsError('InvalidParameterException', 'The specified resource is not found.')
  return {
    read: owner.tags,
    write: (tags) => {
      owner.tags = tags
    },
  }
}
