import type {
  DescribeTasksRequest,
  DescribeTasksResponse,
  ListTasksRequest,
  ListTasksResponse,
  StopTaskRequest,
  StopTaskResponse,
  Task,
} from '@aws-sdk/client-ecs'
import { AwsError } from '../error.ts'
import type { Operations } from '../operation.ts'
import { operation } from '../operation.ts'
import type { StoredTask, World } from '../world.ts'
import { clusterContext, findCluster } from './clusters.ts'
import { page } from './page.ts'
import { taskArn } from './references.ts'
import { reconcile } from './rollout.ts'
import { findService } from './services.ts'
import { changeTask, knownTasks, markStopped } from './task-record.ts'
import type { TaskRunner } from './task-runner.ts'

/** Looking at tasks and stopping them. @param runner runs the tasks that no service started. */
export function taskOperations(runner: TaskRunner): Operations {
  return {
    ListTasks: operation({
      grants: ({ cluster }: ListTasksRequest, { world }) => [
        { action: 'ecs:ListTasks', resource: '*', context: clusterContext(world, cluster) },
      ],
      run(request: ListTasksRequest, { world }): ListTasksResponse {
        const { items, nextToken } = page(
          listTasks(world, request).map((task) => task.taskArn),
          request,
        )
        return { taskArns: items, ...nextToken }
      },
    }),
    DescribeTasks: operation({
      grants: ({ cluster, tasks = [] }: DescribeTasksRequest, { world }) =>
        tasks.map((task) => ({
          action: 'ecs:DescribeTasks',
          resource: taskArn(world.account, cluster, task),
          context: clusterContext(world, cluster),
        })),
      run({ cluster, tasks = [], include = [] }: DescribeTasksRequest, { world }): DescribeTasksResponse {
        findCluster(world, cluster)
        if (tasks.length === 0) throw new AwsError('InvalidParameterException', 'Tasks cannot be empty.')
        if (tasks.length > 100) throw new AwsError('InvalidParameterException', 'Tasks cannot have more than 100 elements.')
        const known = new Map(knownTasks(world).map((task) => [task.taskArn, task]))
        const arns = tasks.map((task) => taskArn(world.account, cluster, task))
        return {
          tasks: arns.flatMap((arn) => known.get(arn) ?? []).map((task) => viewTask(task, include.includes('TAGS'))),
          failures: arns.filter((arn) => !known.has(arn)).map((arn) => ({ arn, reason: 'MISSING' })),
        }
      },
    }),
    StopTask: operation({
      grants: ({ cluster, task = '' }: StopTaskRequest, { world }) => [
        { action: 'ecs:StopTask', resource: taskArn(world.account, cluster, task), context: clusterContext(world, cluster) },
      ],
      run({ cluster, task: reference = '', reason = 'Task stopped by user' }: StopTaskRequest, { world }): StopTaskResponse {
        findCluster(world, cluster)
        const task = world.tasks.get(taskArn(world.account, cluster, reference))
        if (task === undefined) throw new AwsError('InvalidParameterException', 'The referenced task was not found.')
        const stopping = changeTask(world, task.taskArn, {
          desiredStatus: 'STOPPED',
          stoppedReason: reason,
          stoppingAt: world.timeline.now(),
        })
        if (serviceOf(world, task) === undefined) runner.stop(world, stopping, reason)
        else replace(world, stopping, reason)
        return { task: viewTask(stopping, true) }
      },
    }),
  }
}

/** A task as it is answered; tags only when they are asked for. */
export function viewTask({ tags, ...task }: StoredTask, withTags: boolean): Task {
  return { ...task, tags: withTags ? (tags ?? []) : [] }
}

function listTasks(world: World, request: ListTasksRequest): StoredTask[] {
  const cluster = findCluster(world, request.cluster)
  const group = request.serviceName === undefined ? undefined : `service:${findService(world, request.cluster, request.serviceName).name}`
  const { family, startedBy, launchType, desiredStatus = 'RUNNING' } = request
  return knownTasks(world).filter(
    (task) =>
      task.clusterArn === cluster &&
      task.desiredStatus === desiredStatus &&
      (group ?? task.group) === task.group &&
      (startedBy ?? task.startedBy) === task.startedBy &&
      (launchType ?? task.launchType) === task.launchType &&
      (family === undefined || task.taskDefinitionArn.includes(`:task-definition/${family}:`)),
  )
}

function serviceOf({ services }: World, { group, clusterArn }: StoredTask) {
  return [...services.values()].find((service) => group === `service:${service.name}` && service.clusterArn === clusterArn)
}

/** A service starts another task for one that was stopped. */
function replace(world: World, task: StoredTask, stoppedReason: string): void {
  const service = serviceOf(world, task)
  markStopped(world, task.taskArn, { stopCode: 'UserInitiated', stoppedReason })
  if (service !== undefined)
    world.timeline.after(world.durations.launch, () => {
      reconcile({ world, service })
    })
}
