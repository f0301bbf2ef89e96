/** ECS as the release sees it: definitions, services and how a rollout goes. */
import type { Json } from './planned.ts'

/** A task definition as RegisterTaskDefinition takes it; fields that nothing here decides on are passed through. */
export type TaskDefinition = {
  readonly family: string
  readonly containerDefinitions: readonly ContainerDefinition[]
  readonly [field: string]: Json
}
export type ContainerDefinition = { readonly name: string; readonly image: string; readonly [field: string]: Json }

/** A registered revision; `definition` without the fields that only describe it. */
export type Revision = { readonly arn: string; readonly active: boolean; readonly definition: TaskDefinition }

/** A field that the API would not take, or that its client would leave out without a word; the path's last part is the field. */
export type FieldProblem = { readonly path: readonly (string | number)[]; readonly message: string }

export interface TaskDefinitions {
  /** Looks at names and types of fields only, without a request. */
  check(definition: Json): readonly FieldProblem[]
  /** @param reference a family (its newest ACTIVE revision), `family:revision` or an ARN; `tags` are part of the definition. */
  describe(reference: string): Promise<Revision | undefined>
  /** @returns the new revision's ARN. */
  register(definition: TaskDefinition): Promise<string>
}

export type ServiceReference = { readonly cluster: string; readonly service: string }

export type ServiceState = {
  readonly arn: string
  readonly status: string
  /** Deployment controller: `ECS`, `CODE_DEPLOY` or `EXTERNAL`. */
  readonly controller: string
  /** Deployment strategy of the controller `ECS`: `ROLLING`, `BLUE_GREEN`, `LINEAR` or `CANARY`. */
  readonly strategy: string
  readonly taskDefinitionArn: string
  readonly desiredCount: number
  readonly runningCount: number
  readonly pendingCount: number
  readonly events: readonly { readonly id: string; readonly at: Date; readonly message: string }[]
  /** The classic deployments, newest first; the only view when service deployments are not permitted. */
  readonly deployments: readonly { readonly id: string; readonly taskDefinitionArn: string; readonly primary: boolean; readonly rolloutState: string; readonly reason: string; readonly failedTasks: number }[]
}

/** One service deployment; `status` is ECS's own word (`IN_PROGRESS`, `SUCCESSFUL`, `ROLLBACK_SUCCESSFUL`, …). */
export type Rollout = {
  readonly arn: string
  readonly status: string
  readonly reason: string
  readonly taskDefinitionArn: string
  readonly createdAt: Date
  readonly requested: number
  readonly running: number
  readonly pending: number
  /** Where it is, of a strategy that has stages (`POST_SCALE_UP`, `BAKE_TIME`, …); empty otherwise. */
  readonly stage: string
  /** Of a lifecycle hook that waits for somebody's word, up to 14 days. */
  readonly pause: Pause | undefined
}

/** A PAUSE hook that awaits ContinueServiceDeployment; at `expiresAt` ECS itself takes the `timeoutAction`, `CONTINUE` or `ROLLBACK`. */
export type Pause = { readonly hookId: string; readonly expiresAt: Date | undefined; readonly timeoutAction: string }

export type StoppedTask = {
  readonly arn: string
  readonly taskDefinitionArn: string
  /** Id of the service's deployment that started it, as in {@link ServiceState.deployments}; empty when it is not told. */
  readonly deploymentId: string
  readonly stopCode: string
  readonly reason: string
  readonly containers: readonly { readonly name: string; readonly exitCode: number | undefined; readonly reason: string }[]
}

export interface Services {
  describe(reference: ServiceReference): Promise<ServiceState | undefined>
  /** Sends the revision and nothing else: absent members keep what the service has. */
  update(reference: ServiceReference, taskDefinitionArn: string): Promise<void>
  /** Service deployments created at or after `since`, newest first; undefined when the credentials may not list them. */
  rollouts(reference: ServiceReference, since: Date): Promise<readonly Rollout[] | undefined>
  /**
   * Has ECS stop a service deployment and go back to the revision before it, whether the service has a circuit breaker
   * or not. @returns false when these credentials may not; one that is over, or going back already, is left at that.
   */
  stop(rolloutArn: string): Promise<boolean>
  /** Tasks of the service that stopped within the last hour. */
  stoppedTasks(reference: ServiceReference): Promise<readonly StoppedTask[]>
  /** Last log lines of a container of a task, when its definition logs to CloudWatch and reading is permitted. */
  logTail(task: StoppedTask, container: string): Promise<readonly string[]>
}
