import { randomBytes } from 'node:crypto'
import type { Cluster, Task, TaskDefinition, Tag } from '@aws-sdk/client-ecs'
import type { Repository as EcrRepository } from '@aws-sdk/client-ecr'
import { Registry } from './ecr/registry.ts'
import type { Service } from './ecs/service.ts'
import type { Fault } from './faults.ts'
import type { Credential, RegistryLogin, Role } from './identity.ts'
import type { JournalEntry } from './journal.ts'
import type { Bucket } from './s3/bucket.ts'
import { Timeline } from './timeline.ts'

/** Whose account it is; `ecrHost` is where its ECR answers container engines, `host:port`. */
export type Account = { readonly id: string; readonly region: string; readonly ecrHost: string }

export type Repository = {
  readonly description: EcrRepository & { readonly repositoryName: string; readonly createdAt: Date }
  lifecyclePolicy?: string
  /** When which digest was pushed; the registry itself keeps no list of manifests without a tag. */
  readonly pushed: Map<string, Date>
  /** Parts of layers that are being uploaded through the API, by upload id. */
  readonly uploads: Map<string, Buffer[]>
  /** Digests of images in the archive storage class. */
  readonly archived: Set<string>
}

export type Revision = { definition: TaskDefinition & { readonly taskDefinitionArn: string }; tags: readonly Tag[] }

export type StoredTask = Task & { readonly taskArn: string; readonly clusterArn: string; readonly taskDefinitionArn: string }

export type LogLine = { readonly timestamp: number; readonly message: string; readonly ingestionTime: number }

/** Seconds of scene time that a service's tasks and deployments take. */
export type Durations = {
  /** From UpdateService until the service deployment can be listed. */
  visible: number
  launch: number
  provision: number
  pull: number
  /** The same for tasks that take long. */
  slowPull: number
  /** A stage of a deployment that is not a rolling one. */
  stage: number
  /** A task that crashes runs so long. */
  crash: number
  drain: number
  /** From a failed task to the next attempt. */
  retry: number
}

/** All that the simulated account holds. Nothing in here outlives {@link createWorld}: a reset starts with a new one. */
export type World = {
  readonly account: Account
  readonly timeline: Timeline
  /** The real registry behind ECR, in a folder of its own: after a reset no repository has an image. */
  readonly registry: Registry
  readonly durations: Durations
  readonly audiences: Set<string>
  readonly roles: Map<string, Role>
  /** By access key id. */
  readonly credentials: Map<string, Credential>
  /** By password. */
  readonly registryLogins: Map<string, RegistryLogin>
  /** Every secret that was ever given out. */
  readonly issued: Set<string>
  readonly repositories: Map<string, Repository>
  readonly clusters: Map<string, Cluster & { readonly clusterArn: string; readonly clusterName: string }>
  /** By family, in the order of revisions. */
  readonly taskDefinitions: Map<string, Revision[]>
  /** By ARN. */
  readonly services: Map<string, Service>
  /** By ARN. */
  readonly tasks: Map<string, StoredTask>
  /** What the containers of a task printed, by its ARN. */
  readonly output: Map<string, string[]>
  /** S3's, by name. */
  readonly buckets: Map<string, Bucket>
  /** Secrets Manager: values by ARN. */
  readonly secrets: Map<string, string>
  /** CloudWatch Logs: lines by group and stream. */
  readonly logs: Map<string, Map<string, LogLine[]>>
  readonly faults: Fault[]
  /** What the simulator itself did wrong; a test must find none. */
  readonly defects: string[]
  readonly journal: JournalEntry[]
}

const DURATIONS: Durations = { visible: 0.4, launch: 0.2, provision: 0.2, pull: 0.4, slowPull: 20, stage: 0.2, crash: 0.2, drain: 0.3, retry: 0.2 }

/** @param registryHost `host:port` of the real registry. */
export function createWorld(account: Account, registryHost: string, timeline = new Timeline()): World {
  return {
    account,
    timeline,
    registry: new Registry(registryHost, `aws-${account.id}-${randomBytes(4).toString('hex')}`),
    durations: { ...DURATIONS },
    audiences: new Set(['sts.amazonaws.com']),
    roles: new Map(),
    credentials: new Map(),
    registryLogins: new Map(),
    issued: new Set(),
    repositories: new Map(),
    clusters: new Map(),
    taskDefinitions: new Map(),
    services: new Map(),
    tasks: new Map(),
    output: new Map(),
    buckets: new Map(),
    secrets: new Map(),
    logs: new Map(),
    faults: [],
    defects: [],
    journal: [],
  }
}

/** `arn:aws:<service>:<region>:<account>:<resource>` */
export function arn({ id, region }: Account, service: string, resource: string): string {
  return `arn:aws:${service}:${region}:${id}:${resource}`
}

/** Notes aloud what the simulator did wrong. */
export function reportDefect({ defects }: World, where: string, error: unknown): string {
  const defect = `Defect of the simulator in ${where}: ${error instanceof Error ? error.message : String(error)}`
  defects.push(defect)
  console.error(error instanceof Error ? error : defect)
  return defect
}
