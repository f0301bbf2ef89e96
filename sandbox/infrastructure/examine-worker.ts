/** Repository, cluster, service, logs and events as their services describe them. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ImageScanningConfiguration, ImageTagMutability } from '@aws-sdk/client-ecr'
import type { Cluster, Service, TaskDefinition } from '@aws-sdk/client-ecs'
import { root } from '../paths.ts'
import type { Call, Moto } from './moto.ts'
import { same } from './same.ts'
import type { Given, Stacks } from './stacks.ts'

/** What the worker service is, for the simulator. */
export type Worker = { readonly service: Service; readonly taskDefinition: TaskDefinition; readonly tagMutability: ImageTagMutability }

type Repository = {
  readonly imageTagMutability: ImageTagMutability
  readonly imageScanningConfiguration: ImageScanningConfiguration
  readonly encryptionConfiguration: { readonly encryptionType: string }
}

type Answers = [
  { readonly repositories: readonly Repository[] },
  { readonly lifecyclePolicyText: string },
  { readonly clusters: readonly Cluster[] },
  { readonly services: readonly Service[] },
  { readonly taskDefinition: TaskDefinition },
  { readonly logGroups: readonly { readonly logGroupName: string; readonly retentionInDays?: number }[] },
  { readonly Attributes: { readonly QueueArn: string; readonly SqsManagedSseEnabled: string; readonly Policy: string } },
  { readonly Targets: readonly { readonly Arn: string }[] },
]

/** @returns the worker, and what is not as registry.yml and worker.yml say. */
export async function examineWorker(moto: Moto, stacks: Stacks, given: Given): Promise<{ readonly worker: Worker; readonly problems: readonly string[] }> {
  const seen = await moto.call<Answers>(questions(stacks))
  const [{ repositories: [repository] }, { lifecyclePolicyText }, { clusters: [cluster] }, { services: [service] }, { taskDefinition }, { logGroups }] = seen
  if (service === undefined || repository === undefined) throw new Error('There is no service or no repository')
  const { ClusterName, LogGroupName } = stacks.worker.outputs
  const problems = [
    ...same('tags', repository.imageTagMutability, 'IMMUTABLE'),
    ...same('scan on push', repository.imageScanningConfiguration.scanOnPush, true),
    ...same('encryption', repository.encryptionConfiguration.encryptionType, 'KMS'),
    ...same('lifecycle policy', JSON.parse(lifecyclePolicyText), documentedLifecycle()),
    ...same('cluster', [cluster?.clusterName, cluster?.status, cluster?.capacityProviders], [ClusterName, 'ACTIVE', ['FARGATE', 'FARGATE_SPOT']]),
    ...same('cluster settings', cluster?.settings, [{ name: 'containerInsights', value: 'enabled' }]),
    ...same('logs', logGroups.map(({ logGroupName, retentionInDays }) => [logGroupName, retentionInDays]), [[LogGroupName, 30]]),
    ...serviceProblems(service, stacks),
    ...definitionProblems(taskDefinition, stacks, given),
    ...eventProblems(seen),
  ]
  return { worker: { service, taskDefinition, tagMutability: repository.imageTagMutability }, problems }
}

/** The lifecycle policy that docs/image.md prints. */
export function documentedLifecycle(): unknown {
  const [, json = ''] = /^```json\n(.*?)^```$/ms.exec(readFileSync(join(root, 'docs/image.md'), 'utf8')) ?? []
  return JSON.parse(json)
}

function questions({ registry, worker: { outputs, resources } }: Stacks): Call[] {
  const repositoryName = registry.outputs.RepositoryName
  const cluster = outputs.ClusterName ?? ''
  return [
    { service: 'ecr', operation: 'describe_repositories', parameters: { repositoryNames: [repositoryName] } },
    { service: 'ecr', operation: 'get_lifecycle_policy', parameters: { repositoryName } },
    { service: 'ecs', operation: 'describe_clusters', parameters: { clusters: [cluster], include: ['SETTINGS'] } },
    { service: 'ecs', operation: 'describe_services', parameters: { cluster, services: [outputs.ServiceName] } },
    { service: 'ecs', operation: 'describe_task_definition', parameters: { taskDefinition: outputs.ServiceName } },
    { service: 'logs', operation: 'describe_log_groups', parameters: { logGroupNamePrefix: outputs.LogGroupName } },
    { service: 'sqs', operation: 'get_queue_attributes', parameters: { QueueUrl: resources.TaskEvents, AttributeNames: ['All'] } },
    { service: 'events', operation: 'list_targets_by_rule', parameters: { Rule: resources.TaskEventsRule } },
  ]
}

function serviceProblems(service: Service, { network, worker }: Stacks): string[] {
  const { PrivateSubnetIds = '', TaskSecurityGroupId } = network.outputs
  return [
    ...same('service', [service.serviceName, service.status, service.launchType, service.desiredCount], [worker.outputs.ServiceName, 'ACTIVE', 'FARGATE', 1]),
    ...same('network of the service', service.networkConfiguration?.awsvpcConfiguration, {
      subnets: PrivateSubnetIds.split(','), securityGroups: [TaskSecurityGroupId], assignPublicIp: 'DISABLED',
    }),
  ]
}

function definitionProblems(definition: TaskDefinition, { worker: { outputs } }: Stacks, { prefectApiUrl, apiKeySecretArn }: Given): string[] {
  const [container] = definition.containerDefinitions ?? []
  const { requiresCompatibilities, networkMode, taskRoleArn, executionRoleArn } = definition
  return [
    ...same('worker definition', [requiresCompatibilities, networkMode], [['FARGATE'], 'awsvpc']),
    ...same('roles of the worker', [taskRoleArn, executionRoleArn], [outputs.WorkerRoleArn, outputs.ExecutionRoleArn]),
    ...same('command', container?.command, ['prefect', 'worker', 'start', '--pool', outputs.WorkPool, '--type', 'ecs', '--with-healthcheck']),
    ...same('image without a version', /(:latest|^[^:]+)$/.test(container?.image ?? ':latest'), false),
    ...same('address of Prefect', container?.environment?.find(({ name }) => name === 'PREFECT_API_URL')?.value, prefectApiUrl),
    ...same('secrets', container?.secrets, [{ name: 'PREFECT_API_KEY', valueFrom: apiKeySecretArn }]),
    ...same('health check', container?.healthCheck?.command?.[0], 'CMD'),
    ...same('log group of the worker', container?.logConfiguration?.options?.['awslogs-group'], outputs.LogGroupName),
  ]
}

/** ECS tells the queue, and nobody else may. */
function eventProblems([, , , , , , { Attributes: queue }, { Targets: targets }]: Answers): string[] {
  const { Statement: [statement] } = JSON.parse(queue.Policy) as { readonly Statement: readonly { readonly Action: string; readonly Principal: unknown }[] }
  return [
    ...same('target of the events', targets.map(({ Arn }) => Arn), [queue.QueueArn]),
    ...same('encryption of the queue', queue.SqsManagedSseEnabled, 'true'),
    ...same('who may send to the queue', [statement?.Action, statement?.Principal], ['sqs:SendMessage', { Service: 'events.amazonaws.com' }]),
  ]
}
