import {
  DescribeServiceDeploymentsCommand, DescribeServiceRevisionsCommand, ListServiceDeploymentsCommand, StopServiceDeploymentCommand,
} from '@aws-sdk/client-ecs'
import type { ECSClient, ServiceDeployment } from '@aws-sdk/client-ecs'
import type { Log } from '../ports.ts'
import type { Pause, Rollout, ServiceReference, Services } from '../ecs-ports.ts'
import { adviceOf } from '../errors.ts'
import { translateAwsError } from './aws-client.ts'

/** DescribeServiceDeployments and DescribeServiceRevisions take 20 ARNs a call. */
const BATCH = 20

/**
 * Service deployments with the task definitions of their target revisions; a revision never changes, so each is read once.
 * Where they cannot be read, the log says once why.
 */
export function createRollouts(client: ECSClient, log: Pick<Log, 'notice'>): Services['rollouts'] {
  let isTold = false
  const taskDefinitions = new Map<string, string>()
  return async (reference, since) => {
    try {
      const arns = await list(client, reference, since)
      const deployments = await inBatches(arns, (batch) => describeDeployments(client, batch))
      const revisions = new Set(deployments.flatMap(({ targetServiceRevision }) => targetServiceRevision?.arn ?? []))
      const unknown = [...revisions].filter((arn) => !taskDefinitions.has(arn))
      const found = await inBatches(unknown, (batch) => describeRevisions(client, batch))
      for (const [arn, taskDefinition] of found) taskDefinitions.set(arn, taskDefinition)
      const rollouts = deployments.map((deployment) => rolloutOf(deployment, taskDefinitions))
      return rollouts.sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime())
    } catch (error) {
      const resource = `service ${reference.service} in cluster ${reference.cluster}`
      const translated = translateAwsError(error, { operation: 'ecs:ListServiceDeployments', resource })
      if (!(error instanceof Error) || !NOT_AVAILABLE.test(error.name)) throw translated
      if (!isTold) log.notice(`The service deployments of ${reference.service} cannot be read, so the service alone tells how it rolls: ${adviceOf(translated)}`)
      isTold = true
      return undefined
    }
  }
}

/** `ABORT` is in the API's enumeration, but its reference has `ROLLBACK` as the only valid stop type. */
export async function stopRollout(client: ECSClient, serviceDeploymentArn: string): Promise<boolean> {
  try {
    await client.send(new StopServiceDeploymentCommand({ serviceDeploymentArn, stopType: 'ROLLBACK' }))
    return true
  } catch (error) {
    if (error instanceof Error && error.name === 'ConflictException') return true
    if (error instanceof Error && NOT_THERE.test(error.name)) return false
    throw translateAwsError(error, { operation: 'ecs:StopServiceDeployment', resource: serviceDeploymentArn })
  }
}

/** Not there in this region. */
const NOT_THERE = /^(UnsupportedFeature|UnknownOperation|InvalidAction)/
/** The same, or not permitted. */
const NOT_AVAILABLE = /^(AccessDenied|UnsupportedFeature|UnknownOperation|InvalidAction)/

async function list(client: ECSClient, { cluster, service }: ServiceReference, since: Date): Promise<string[]> {
  const arns: string[] = []
  let nextToken: string | undefined
  do {
    const page = await client.send(new ListServiceDeploymentsCommand({ cluster, service, createdAt: { after: since }, nextToken }))
    arns.push(...(page.serviceDeployments ?? []).flatMap(({ serviceDeploymentArn }) => serviceDeploymentArn ?? []))
    nextToken = page.nextToken
  } while (nextToken !== undefined)
  return arns
}

async function describeDeployments(client: ECSClient, serviceDeploymentArns: string[]): Promise<ServiceDeployment[]> {
  const { serviceDeployments = [] } = await client.send(new DescribeServiceDeploymentsCommand({ serviceDeploymentArns }))
  return serviceDeployments
}

async function describeRevisions(client: ECSClient, serviceRevisionArns: string[]): Promise<[string, string][]> {
  const { serviceRevisions = [] } = await client.send(new DescribeServiceRevisionsCommand({ serviceRevisionArns }))
  return serviceRevisions.flatMap(({ serviceRevisionArn, taskDefinition }) =>
    serviceRevisionArn === undefined || taskDefinition === undefined ? [] : [[serviceRevisionArn, taskDefinition]])
}

async function inBatches<T>(arns: readonly string[], read: (batch: string[]) => Promise<T[]>): Promise<T[]> {
  const batches = Array.from({ length: Math.ceil(arns.length / BATCH) }, (_, index) => arns.slice(index * BATCH, (index + 1) * BATCH))
  return (await Promise.all(batches.map(read))).flat()
}

function rolloutOf(deployment: ServiceDeployment, taskDefinitions: ReadonlyMap<string, string>): Rollout {
  const { targetServiceRevision: target } = deployment
  return {
    arn: deployment.serviceDeploymentArn ?? '',
    status: deployment.status ?? '',
    reason: deployment.rollback?.reason ?? deployment.statusReason ?? '',
    taskDefinitionArn: taskDefinitions.get(target?.arn ?? '') ?? '',
    createdAt: deployment.createdAt ?? new Date(0),
    requested: target?.requestedTaskCount ?? 0,
    running: target?.runningTaskCount ?? 0,
    pending: target?.pendingTaskCount ?? 0,
    stage: deployment.lifecycleStage ?? '',
    pause: pauseOf(deployment),
  }
}

/** A Lambda hook goes on by itself: only a PAUSE hook awaits somebody's word. */
function pauseOf({ lifecycleHookDetails = [] }: ServiceDeployment): Pause | undefined {
  const hook = lifecycleHookDetails.find(({ targetType, status }) => targetType === 'PAUSE' && status === 'AWAITING_ACTION')
  return hook && { hookId: hook.hookId ?? '', expiresAt: hook.expiresAt, timeoutAction: hook.timeoutAction ?? '' }
}
