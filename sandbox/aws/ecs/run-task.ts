import type { RunTaskRequest, RunTaskResponse, Task } from '@aws-sdk/client-ecs'
import { AwsError } from '../error.ts'
import type { Operations } from '../operation.ts'
import { operation } from '../operation.ts'
import type { Grant } from '../policy-document.ts'
import type { Revision, World } from '../world.ts'
import { arn } from '../world.ts'
import { clusterContext, findCluster } from './clusters.ts'
import { taskArn } from './references.ts'
import { findActiveRevision, findRevision, passRole } from './task-definitions.ts'
import { createTask } from './task-record.ts'
import type { TaskRunner } from './task-runner.ts'
import { viewTask } from './tasks.ts'

/** Tasks that no service started: flow runs. */
export function runTaskOperations(runner: TaskRunner): Operations {
  return {
    RunTask: operation({
      grants: (request: RunTaskRequest, { world }) => grantsOf(world, request),
      run(request: RunTaskRequest, { world }): RunTaskResponse {
        const cluster = findCluster(world, request.cluster)
        const revision = findActiveRevision(world, request.taskDefinition ?? '')
        checkRequest(request, revision)
        const { count = 1, overrides, tags, startedBy, group = `family:${revision.definition.family ?? ''}` } = request
        const launchType = request.launchType ?? (request.capacityProviderStrategy === undefined ? 'EC2' : 'FARGATE')
        const tasks = Array.from({ length: count }, () =>
          createTask(world, { cluster, revision, overrides, tags, startedBy, group, launchType }),
        )
        for (const task of tasks) runner.start(world, task, revision)
        return { tasks: tasks.map((task): Task => viewTask(task, true)), failures: [] }
      },
    }),
  }
}

function grantsOf(world: World, { cluster, taskDefinition = '', tags = [], overrides = {} }: RunTaskRequest): Grant[] {
  const definition = findRevision(world, taskDefinition)?.definition
  const context = clusterContext(world, cluster)
  const resource = definition?.taskDefinitionArn ?? arn(world.account, 'ecs', `task-definition/${taskDefinition}`)
  const tagging = {
    action: 'ecs:TagResource',
    resource: taskArn(world.account, cluster, '*'),
    context: { ...context, 'ecs:CreateAction': 'RunTask' },
  }
  return [
    { action: 'ecs:RunTask', resource, context },
    ...(tags.length > 0 ? [tagging] : []),
    ...passRole(world, [overrides.taskRoleArn ?? definition?.taskRoleArn, overrides.executionRoleArn ?? definition?.executionRoleArn]),
  ]
}

function checkRequest(request: RunTaskRequest, { definition }: Revision): void {
  const { count = 1, launchType = 'EC2', capacityProviderStrategy, networkConfiguration, overrides = {} } = request
  if (count < 1 || count > 10) reject('Count must be between 1 and 10.')
  if (request.launchType !== undefined && capacityProviderStrategy !== undefined) {
    reject('Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.')
  }
  if (capacityProviderStrategy === undefined && !(definition.compatibilities ?? []).includes(launchType)) {
    reject(`Task definition does not support launch_type ${launchType}.`)
  }
  if (definition.networkMode === 'awsvpc' && networkConfiguration === undefined) {
    reject("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
  }
  if (definition.networkMode !== 'awsvpc' && networkConfiguration !== undefined) {
    reject('Network Configuration is not valid for the given networkMode of this task definition.')
  }
  for (const { name = '' } of overrides.containerOverrides ?? []) {
    const known = (definition.containerDefinitions ?? []).some((container) => container.name === name)
    if (!known) reject(`Override for container named ${name} is not a container in the TaskDefinition.`)
  }
}

function reject(message: string): never {
  throw new AwsError('InvalidParameterException', message)
}
