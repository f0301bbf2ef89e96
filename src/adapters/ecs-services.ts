import { DescribeServicesCommand, DescribeTasksCommand, ListTasksCommand, UpdateServiceCommand } from '@aws-sdk/client-ecs'
import type { Deployment, ECSClient, Service, ServiceEvent, Task } from '@aws-sdk/client-ecs'
import type { Log } from '../ports.ts'
import type { ServiceReference, Services, ServiceState, StoppedTask, TaskDefinitions } from '../ecs-ports.ts'
import { translateAwsError } from './aws-client.ts'
import { createRollouts, stopRollout } from './ecs-rollouts.ts'
import type { LogStreams } from './logs.ts'
import { awslogsStream } from './logs.ts'

/** Lines of a container's log that are read to explain why it stopped. */
const LOG_LINES = 30
/** ListTasks gives 100 tasks a call, and DescribeTasks takes as many. */
const TASKS = 100

type Dependencies = { readonly client: ECSClient; readonly taskDefinitions: TaskDefinitions; readonly logStreams: LogStreams; readonly log: Log }

/** Services over ECS, and the logs of their tasks over CloudWatch Logs. */
export function createServices({ client, taskDefinitions, logStreams, log }: Dependencies): Services {
  return {
    describe: (reference) => describe(client, reference),
    update: (reference, taskDefinitionArn) => update(client, reference, taskDefinitionArn),
    rollouts: createRollouts(client, log),
    stop: (rolloutArn) => stopRollout(client, rolloutArn),
    stoppedTasks: (reference) => stoppedTasks(client, reference),
    logTail: async (task, container) => {
      const revision = await taskDefinitions.describe(task.taskDefinitionArn)
      const stream = revision === undefined ? undefined : awslogsStream(revision.definition, { container, taskArn: task.arn })
      return stream === undefined ? [] : logStreams.tail(stream, LOG_LINES)
    },
  }
}

async function describe(client: ECSClient, { cluster, service }: ServiceReference): Promise<ServiceState | undefined> {
  try {
    const { services = [] } = await client.send(new DescribeServicesCommand({ cluster, services: [service] }))
    return services[0] === undefined ? undefined : stateOf(services[0])
  } catch (error) {
    if (error instanceof Error && error.name === 'ClusterNotFoundException') return undefined
    throw translateAwsError(error, { operation: 'ecs:DescribeServices', resource: `service ${service} in cluster ${cluster}` })
  }
}

/** Absent members keep what the service has; its desired count belongs to autoscaling. */
async function update(client: ECSClient, { cluster, service }: ServiceReference, taskDefinition: string): Promise<void> {
  try {
    await client.send(new UpdateServiceCommand({ cluster, service, taskDefinition }))
  } catch (error) {
    throw translateAwsError(error, { operation: 'ecs:UpdateService', resource: `service ${service} in cluster ${cluster}` })
  }
}

async function stoppedTasks(client: ECSClient, { cluster, service }: ServiceReference): Promise<StoppedTask[]> {
  const call = { operation: 'ecs:ListTasks', resource: `stopped tasks of service ${service}` }
  try {
    const pages = await listStopped(client, { cluster, service })
    call.operation = 'ecs:DescribeTasks'
    const described = await Promise.all(pages.map((tasks) => client.send(new DescribeTasksCommand({ cluster, tasks }))))
    const tasks = described.flatMap(({ tasks = [] }) => tasks)
    return tasks.sort((a, b) => timeOf(b.stoppedAt ?? b.stoppingAt) - timeOf(a.stoppedAt ?? a.stoppingAt)).map(stoppedTaskOf)
  } catch (error) {
    throw translateAwsError(error, call)
  }
}

/** ECS lists them in no order, so the newest may be on any page; a page is as many as DescribeTasks takes. */
async function listStopped(client: ECSClient, { cluster, service }: ServiceReference): Promise<string[][]> {
  const serviceName = service.split('/').at(-1) ?? service
  const pages: string[][] = []
  let nextToken: string | undefined
  do {
    const page = await client.send(new ListTasksCommand({ cluster, serviceName, desiredStatus: 'STOPPED', maxResults: TASKS, nextToken }))
    if (page.taskArns !== undefined && page.taskArns.length > 0) pages.push(page.taskArns)
    nextToken = page.nextToken
  } while (nextToken !== undefined)
  return pages
}

function stateOf(service: Service): ServiceState {
  const { deployments = [], events = [] } = service
  return {
    arn: service.serviceArn ?? '',
    status: service.status ?? '',
    controller: service.deploymentController?.type ?? 'ECS',
    strategy: service.deploymentConfiguration?.strategy ?? 'ROLLING',
    taskDefinitionArn: service.taskDefinition ?? '',
    desiredCount: service.desiredCount ?? 0,
    runningCount: service.runningCount ?? 0,
    pendingCount: service.pendingCount ?? 0,
    events: events.map(eventOf),
    deployments: [...deployments].sort((a, b) => timeOf(b.createdAt) - timeOf(a.createdAt)).map(deploymentOf),
  }
}

function eventOf({ id = '', createdAt = new Date(0), message = '' }: ServiceEvent): ServiceState['events'][number] {
  return { id, at: createdAt, message }
}

function deploymentOf(deployment: Deployment): ServiceState['deployments'][number] {
  return {
    id: deployment.id ?? '',
    taskDefinitionArn: deployment.taskDefinition ?? '',
    primary: deployment.status === 'PRIMARY',
    rolloutState: deployment.rolloutState ?? '',
    reason: deployment.rolloutStateReason ?? '',
    failedTasks: deployment.failedTasks ?? 0,
  }
}

function stoppedTaskOf(task: Task): StoppedTask {
  return {
    arn: task.taskArn ?? '',
    taskDefinitionArn: task.taskDefinitionArn ?? '',
    deploymentId: task.startedBy ?? '',
    stopCode: task.stopCode ?? '',
    reason: task.stoppedReason ?? '',
    containers: (task.containers ?? []).map(({ name = '', exitCode, reason = '' }) => ({ name, exitCode, reason })),
  }
}

function timeOf(date: Date | undefined): number {
  return date?.getTime() ?? 0
}
