import { randomInt, randomUUID } from 'node:crypto'
import type {
  ContainerImage,
  DeploymentConfiguration,
  DeploymentLifecycleHookAction,
  DeploymentLifecycleHookStatus,
  DeploymentRolloutState,
  LaunchType,
  NetworkConfiguration,
  ServiceDeploymentLifecycleStage,
  ServiceDeploymentStatus,
  ServiceEvent,
  Tag,
} from '@aws-sdk/client-ecs'
import type { Fate } from './fate.ts'

/** What a service once ran or was to run: a task definition with the digests that its tags stood for then. */
export type ServiceRevision = {
  readonly arn: string
  readonly taskDefinitionArn: string
  readonly createdAt: Date
  readonly images: readonly ContainerImage[]
  /** Image of ECR that is not there, if any: its tasks cannot start. */
  readonly missingImage?: string
}

/** A deployment as DescribeServices shows it while its tasks run. */
export type Deployment = {
  readonly id: string
  readonly revision: ServiceRevision
  readonly fate: Fate
  readonly createdAt: Date
  /** The service deployment that it belongs to. */
  readonly rollout: ServiceDeployment
  status: 'PRIMARY' | 'ACTIVE'
  rolloutState: DeploymentRolloutState
  rolloutStateReason: string
  failedTasks: number
  updatedAt: Date
}

/** A service deployment: its record stays when it is over, also after a rollback. */
export type ServiceDeployment = {
  readonly arn: string
  readonly createdAt: Date
  readonly source: readonly ServiceRevision[]
  readonly target: ServiceRevision
  status: ServiceDeploymentStatus
  statusReason?: string
  updatedAt: Date
  startedAt?: Date
  finishedAt?: Date
  stoppedAt?: Date
  rollback?: { readonly reason: string; readonly startedAt: Date; readonly serviceRevisionArn: string }
  failureCount: number
  /** Of a strategy that has stages. */
  stage?: ServiceDeploymentLifecycleStage
  hook?: PausedHook
  /** Eventual consistency: not listed before. */
  visible: boolean
}

/** A PAUSE hook that was reached; `resume` goes on with the next stage. */
export type PausedHook = {
  readonly hookId: string
  readonly expiresAt: Date
  readonly timeoutAction: DeploymentLifecycleHookAction
  readonly resume: () => void
  status: DeploymentLifecycleHookStatus
}

/** A service with the ECS deployment controller. */
export type Service = {
  readonly serviceArn: string
  readonly name: string
  readonly clusterArn: string
  readonly launchType: LaunchType
  readonly createdAt: Date
  readonly createdBy: string
  /** Seconds until a new deployment can be listed, when they are not those of all services. */
  readonly visibleAfter?: number
  status: 'ACTIVE' | 'DRAINING' | 'INACTIVE'
  desiredCount: number
  deploymentConfiguration: DeploymentConfiguration
  networkConfiguration?: NetworkConfiguration
  enableExecuteCommand: boolean
  tags: readonly Tag[]
  /** The PRIMARY one first. */
  deployments: Deployment[]
  /** Newest first. */
  readonly rollouts: ServiceDeployment[]
  readonly revisions: ServiceRevision[]
  /** Newest first. */
  readonly events: ServiceEvent[]
  /** What the next deployments come to, in order; then success. */
  readonly fates: Fate[]
}

/** ECS's ids of deployments and revisions: nineteen digits. */
export function numericId(): string {
  return String(randomInt(1, 10)) + Array.from({ length: 3 }, () => String(randomInt(0, 1_000_000)).padStart(6, '0')).join('')
}

/** Ids of tasks and service deployments: 32 hexadecimal digits. */
export function hexId(): string {
  return randomUUID().replaceAll('-', '')
}

export function primaryOf({ deployments, serviceArn }: Service): Deployment {
  const primary = deployments.find(({ status }) => status === 'PRIMARY')
  if (primary === undefined) throw new Error(`${serviceArn} has no PRIMARY deployment`)
  return primary
}
