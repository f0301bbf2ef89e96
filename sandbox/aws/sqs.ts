import { AwsError } from './error.ts'
import type { Operations } from './operation.ts'
import { operation } from './operation.ts'
import { arn } from './world.ts'

type GetQueueUrlRequest = { readonly QueueName: string }

/** SQS without queues: a Prefect ECS worker asks for one at its start and does without it when there is none. */
export const sqsOperations: Operations = {
  GetQueueUrl: operation({
    grants: ({ QueueName }: GetQueueUrlRequest, { world }) => [
      { action: 'sqs:GetQueueUrl', resource: arn(world.account, 'sqs', QueueName) },
    ],
    run() {
      throw new AwsError('QueueDoesNotExist', 'The specified queue does not exist.')
    },
  }),
}
