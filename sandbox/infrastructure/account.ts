/** An account of the simulator with nothing but what the stacks have made: names, roles and policies are those that moto holds. */
import type { RegisterTaskDefinitionRequest, TaskDefinition } from '@aws-sdk/client-ecs'
import type { Sandbox } from '../connect.ts'
import type { Worker } from './examine-worker.ts'
import { propertiesOf } from './completions.ts'
import type { Moto } from './moto.ts'
import { readRole } from './roles.ts'
import type { Given, Stacks } from './stacks.ts'

export type Made = { readonly stacks: Stacks; readonly worker: Worker; readonly given: Given }

export async function seedFromStacks({ aws }: Sandbox, moto: Moto, { stacks, worker, given }: Made): Promise<void> {
  await aws.reset()
  const { DeployRoleArn, PlanRoleArn } = stacks['github-oidc'].outputs
  for (const arn of [DeployRoleArn, PlanRoleArn]) await aws.createRole(await readRole(moto, arn))
  const { ClusterName = '', ServiceName = '' } = stacks.worker.outputs
  await aws.createRepository({ name: stacks.registry.outputs.RepositoryName ?? '', tagMutability: worker.tagMutability })
  await aws.createSecret({ arn: given.apiKeySecretArn, value: given.apiKey })
  await aws.createCluster(ClusterName)
  const taskDefinition = await aws.registerTaskDefinition(requestFrom(worker.taskDefinition))
  const { networkConfiguration, desiredCount = 0 } = worker.service
  await aws.createService({
    cluster: ClusterName, name: ServiceName, taskDefinition, desiredCount, launchType: 'FARGATE',
    circuitBreaker: circuitBreakerOf(stacks), ...(networkConfiguration !== undefined && { networkConfiguration }),
  })
}

/** A definition as it was registered. */
function requestFrom({ family, containerDefinitions, cpu, memory, ...definition }: TaskDefinition): RegisterTaskDefinitionRequest {
  const { networkMode, requiresCompatibilities, runtimePlatform, taskRoleArn, executionRoleArn } = definition
  return { family, containerDefinitions, cpu, memory, networkMode, requiresCompatibilities, runtimePlatform, taskRoleArn, executionRoleArn }
}

/** moto describes no deployment configuration. */
function circuitBreakerOf({ worker }: Stacks) {
  const { DeploymentConfiguration } = propertiesOf(worker, 'WorkerService') as {
    readonly DeploymentConfiguration?: { readonly DeploymentCircuitBreaker?: { readonly Enable: boolean; readonly Rollback: boolean } }
  }
  const { Enable = false, Rollback = false } = DeploymentConfiguration?.DeploymentCircuitBreaker ?? {}
  return { enable: Enable, rollback: Rollback }
}
