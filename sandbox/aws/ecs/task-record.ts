import type { Container, ContainerImage, Tag, Task, TaskOverride } from '@aws-sdk/client-ecs'
import { appendLog } from '../logs.ts'
import type { Revision, StoredTask, World } from '../world.ts'
import type { Ending } from './fate.ts'
import { taskArn } from './references.ts'
import { hexId } from './service.ts'

export type TaskRequest = Pick<Task, 'group' | 'startedBy' | 'launchType'> & {
  readonly cluster: string
  readonly revision: Revision
  readonly images?: readonly ContainerImage[]
  readonly overrides?: TaskOverride | undefined
  readonly tags?: readonly Tag[] | undefined
}

const KEPT_MS = 3600 * 1000

/** Puts a new task into the account, in the state PROVISIONING. */
export function createTask(world: World, request: TaskRequest): StoredTask {
  const { cluster, revision, images = [], overrides = {}, tags = [], group, startedBy, launchType } = request
  const { definition } = revision
  const arn = taskArn(world.account, cluster, hexId())
  const containers = (definition.containerDefinitions ?? []).map(({ name, image, cpu, memory }): Container => ({
    containerArn: `${arn.replace(':task/', ':container/')}/${hexId()}`,
    taskArn: arn,
    name,
    image,
    ...images.filter(({ containerName }) => containerName === name).map(({ imageDigest }) => ({ imageDigest }))[0],
    lastStatus: 'PENDING',
    healthStatus: 'UNKNOWN',
    networkInterfaces: [],
    cpu: String(cpu ?? 0),
    ...(memory !== undefined && { memory: String(memory) }),
  }))
  const task = {
    taskArn: arn,
    clusterArn: cluster,
    taskDefinitionArn: definition.taskDefinitionArn,
    containers,
    overrides: { containerOverrides: containers.map(({ name }) => ({ name })), inferenceAcceleratorOverrides: [], ...overrides },
    attachments: [],
    attributes: [{ name: 'ecs.cpu-architecture', value: definition.runtimePlatform?.cpuArchitecture?.toLowerCase() ?? 'x86_64' }],
    availabilityZone: `${world.account.region}a`,
    cpu: overrides.cpu ?? definition.cpu,
    memory: overrides.memory ?? definition.memory,
    createdAt: world.timeline.now(),
    desiredStatus: 'RUNNING',
    healthStatus: 'UNKNOWN' as const,
    lastStatus: 'PROVISIONING',
    group,
    startedBy,
    launchType,
    tags: [...tags],
    version: 1,
  }
  world.tasks.set(arn, task)
  return task
}

/** Changes a task and returns what it is now. A task that has stopped stays as it is. */
export function changeTask(world: World, arn: string, change: Partial<Task>): StoredTask {
  const task = world.tasks.get(arn)
  if (task === undefined) throw new Error(`There is no task ${arn}`)
  if (task.lastStatus === 'STOPPED') return task
  const changed = {
    ...task,
    ...change,
    version: (task.version ?? 0) + 1,
    taskArn: arn,
    clusterArn: task.clusterArn,
    taskDefinitionArn: task.taskDefinitionArn,
  }
  world.tasks.set(arn, changed)
  return changed
}

export function markPending(world: World, arn: string): void {
  changeTask(world, arn, { lastStatus: 'PENDING', pullStartedAt: world.timeline.now() })
}

export function markRunning(world: World, arn: string): void {
  const now = world.timeline.now()
  const containers = world.tasks.get(arn)?.containers?.map((container) => ({ ...container, lastStatus: 'RUNNING' }))
  changeTask(world, arn, {
    lastStatus: 'RUNNING',
    connectivity: 'CONNECTED',
    connectivityAt: now,
    pullStoppedAt: now,
    startedAt: now,
    ...(containers && { containers }),
  })
}

/** @param containers how each container ended, by name; the others were stopped with the task. */
export function markStopped(
  world: World,
  arn: string,
  end: Pick<Ending, 'stopCode' | 'stoppedReason'> & { readonly containers?: Readonly<Record<string, Ending['container']>> },
): void {
  const now = world.timeline.now()
  const task = world.tasks.get(arn)
  const ran = task?.startedAt !== undefined
  const containers = (task?.containers ?? []).map((container) => ({
    ...container,
    lastStatus: 'STOPPED',
    ...(end.containers?.[container.name ?? ''] ?? (ran ? { exitCode: 137 } : {})),
  }))
  const { stopCode, stoppedReason } = end
  changeTask(world, arn, {
    lastStatus: 'STOPPED',
    desiredStatus: 'STOPPED',
    stopCode,
    stoppedReason,
    stoppingAt: now,
    executionStoppedAt: now,
    stoppedAt: now,
    containers,
  })
}

/** Keeps what a task's container prints, also in CloudWatch when its definition logs there: stream `prefix/container/task`. */
export function logOf(
  world: World,
  task: StoredTask,
  { container, revision }: { readonly container: string; readonly revision: Revision },
) {
  const options = revision.definition.containerDefinitions?.find(({ name }) => name === container)?.logConfiguration?.options ?? {}
  const group = options['awslogs-group']
  const prefix = options['awslogs-stream-prefix']
  const stream = `${prefix ?? ''}/${container}/${task.taskArn.split('/').at(-1) ?? ''}`
  return (lines: readonly string[]) => {
    world.output.set(task.taskArn, [...(world.output.get(task.taskArn) ?? []), ...lines])
    if (group !== undefined && prefix !== undefined) appendLog(world, { group, stream }, lines)
  }
}

/** Tasks that ECS still answers about: stopped ones for an hour. */
export function knownTasks({ tasks, timeline }: World): StoredTask[] {
  const oldest = timeline.now().getTime() - KEPT_MS
  return [...tasks.values()].filter(({ stoppedAt }) => stoppedAt === undefined || stoppedAt.getTime() >= oldest)
}
