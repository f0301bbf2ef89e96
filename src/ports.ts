/** The interfaces to everything outside. Adapters implement them over SDKs and programs; tests over plain objects. */
import type { DeployError, Location } from './errors.ts'
import type { Json } from './planned.ts'
import type { PrefectSurvey, PrefectWorkspace } from './prefect-ports.ts'

export interface Ports {
  readonly account: Account
  readonly registry: Registry
  readonly docker: Docker
  readonly taskDefinitions: TaskDefinitions
  readonly services: Services
  readonly workspace: PrefectWorkspace
  readonly survey: PrefectSurvey
  readonly pullRequests: PullRequests
  readonly comments: PlanComments
  readonly shell: Shell
  readonly objects: ObjectStore
  /** Records of releases beside the images of an ECR repository. */
  readonly records: { in(repository: string): Records }
  readonly clock: Clock
  /** Removes credentials and temporary files; called once, whatever happened. */
  dispose(): Promise<void>
}

/** Whose AWS credentials these are. */
export interface Account {
  /** @throws DeployError when no credentials can be had: the OIDC token, the role or the ambient ones are refused. */
  identify(): Promise<{ readonly accountId: string; readonly arn: string }>
}

/** An ECR repository; `uri` is `host/name` as AWS says it, never put together from account and region. */
export type Repository = {
  readonly name: string
  readonly uri: string
  readonly immutable: boolean
  /** Tags for which the opposite holds, with `*` for any characters. */
  readonly exclusions?: readonly string[]
}

/** A repository whose tags are immutable but for those that a filter fits; `*` stands for any characters. */
export type NewRepository = { readonly name: string; readonly exclusions: readonly string[] }

/** An image that the registry holds; `platforms` as `os/architecture`, of all manifests of an index. */
export type RegistryImage = { readonly digest: string; readonly tags: readonly string[]; readonly platforms: readonly string[] }

export interface Registry {
  findRepository(name: string): Promise<Repository | undefined>
  /** @param reference a tag or a `sha256:…` digest. */
  findImage(repository: Repository, reference: string): Promise<RegistryImage | undefined>
  /** Of an image by its digest, whatever its state: `ACTIVE`, `ARCHIVED` or `ACTIVATING`; undefined when it is not there. */
  imageStatus(repository: Repository, digest: string): Promise<string | undefined>
  /**
   * `os/architecture` of an image that is no index, which only its configuration says: a small download.
   * @returns undefined for what runs nowhere, as an artifact.
   */
  platformOf(repository: Repository, digest: string): Promise<string | undefined>
  /** Digests of those tags that are there. */
  findTags(repository: Repository, tags: readonly string[]): Promise<ReadonlyMap<string, string>>
  /**
   * Puts a tag on an image that the repository has, by its manifest alone; one that is there already is success.
   * @returns `taken` when the tag is on another image and must not move.
   */
  addTag(repository: Repository, digest: string, tag: string): Promise<'added' | 'taken'>
  /** Makes a repository with AWS's own encryption; one that is there by now is success. */
  createRepository(request: NewRepository): Promise<void>
  /** @param policy JSON, as PutLifecyclePolicy takes it. */
  setLifecycle(repository: string, policy: string): Promise<void>
  /** A short-lived login for `docker`; the password is masked before it is returned. */
  login(): Promise<{ readonly host: string; readonly username: string; readonly password: string }>
}

export type BuildRequest = {
  /** Local name to load the image under: `repository uri:tag`. */
  readonly tag: string
  /** A tar of exactly the files the fingerprint covers. */
  readonly context: NodeJS.ReadableStream
  /** Path of the Dockerfile inside the tar. */
  readonly dockerfile: string
  readonly target?: string
  readonly platform?: string
  readonly buildArgs: Readonly<Record<string, string>>
  /** By id; never on the command line, in an argument or in a layer. */
  readonly secrets: Readonly<Record<string, string>>
  /** References of registries to take a build cache from; one that is not there is no error. */
  readonly cacheFrom?: readonly string[]
  /** Whether the image itself holds what another build can take from it. */
  readonly inlineCache?: boolean
}

/**
 * Builder of the engine or beside it, as buildx calls it: its driver (`docker`, `docker-container`, `remote`, …), whether
 * it can write a cache to a registry, and make attestations.
 */
export type Builder = { readonly driver: string; readonly exportsCache: boolean; readonly attests: boolean }

/** What the engine says of a local image. */
export type LocalImage = { readonly workingDirectory: string; readonly platform: string }

export type ContainerRun = {
  readonly image: string
  /** Program and arguments, instead of the image's entrypoint. */
  readonly command: readonly string[]
  readonly stdin: string
  readonly environment: Readonly<Record<string, string>>
  /** A host folder to mount read-only over the image's working directory. */
  readonly mount?: { readonly source: string; readonly target: string }
  /** Paths in the container, below the mount's target: a folder that the mount has there is seen as an empty one. */
  readonly hidden?: readonly string[]
}

export type ContainerResult = { readonly exitCode: number; readonly stdout: string; readonly stderr: string }

/** The container engine, with a configuration of its own that ends with the run. */
export interface Docker {
  /** Builds and loads the image into the engine. @throws DeployError `build-failed` with the build's last lines. */
  build(request: BuildRequest): Promise<LocalImage>
  /** The builder that {@link build} uses; `unknown` where buildx does not say. */
  builder(): Promise<Builder>
  /**
   * Builds once more, out of the builder's own cache, and writes that cache to a registry; the engine gets nothing.
   * @throws DeployError `push-failed` in the builder's words.
   */
  exportCache(request: BuildRequest, reference: string): Promise<void>
  /** Logs in to the registry as needed and pushes `tag`. */
  push(tag: string): Promise<void>
  /**
   * Builds once more, out of the builder's own cache, and pushes that with an attestation of its provenance: an engine's
   * image store may hold none. @throws DeployError `push-failed` in the builder's words.
   */
  pushAttested(request: BuildRequest): Promise<void>
  /**
   * Makes an image of a registry available to {@link run}; `platform` as `os/architecture`, the engine's own by default.
   * @throws DeployError `image-missing`, `platform-mismatch` or `pull-failed`.
   */
  pull(reference: string, platform?: string): Promise<LocalImage>
  /** Runs one container without network, credentials or capabilities, on a read-only root. */
  run(run: ContainerRun): Promise<ContainerResult>
  /** Digest of an image in a registry other than ECR, with the user's own logins; undefined when it is not there. */
  resolveDigest(reference: string): Promise<string | undefined>
}

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

/**
 * The repository on GitHub. Its methods throw a plain Error, one sentence for people with what to do: a plan or a
 * release never fails for it.
 */
export interface PullRequests {
  /** Number of the pull request that brought a commit to its branch. */
  of(commit: string): Promise<number | undefined>
  /** Commit that a pull request is at now, and whether it was merged. */
  headOf(pullRequest: number): Promise<{ readonly commit: string; readonly isMerged: boolean }>
  /** Text of a file at a commit, its path relative to the repository; undefined when it is not there. */
  fileAt(commit: string, path: string): Promise<string | undefined>
  /** Where `head` is, seen from `base`; `diverged` when each has commits that the other has not. */
  compare(base: string, head: string): Promise<'ahead' | 'behind' | 'identical' | 'diverged'>
}

export type PlanComment = { readonly id: number; readonly body: string; readonly url: string }

/** Comments that this action's own token has written on a pull request; throws as {@link PullRequests} does. */
export interface PlanComments {
  /** Looks at all pages, and at no comment of somebody else, whatever it says. */
  find(pullRequest: number, isWanted: (body: string) => boolean): Promise<PlanComment | undefined>
  /** Edits the comment `id`, or writes a new one. @returns its web page. */
  write(pullRequest: number, body: string, id?: number): Promise<string>
}

/** A script of the Prefect file's `run_shell_script`; paths are absolute. */
export type ShellCommand = {
  /** Program and arguments. */
  readonly command: readonly string[]
  readonly directory: string
  /** Besides the few variables of the job that every script sees. */
  readonly environment: Readonly<Record<string, string>>
  /** Whether its output is shown while it runs. */
  readonly isStreamed: boolean
}

/** The runner's own programs. */
export interface Shell {
  /** @throws DeployError `step-failed` when the program cannot be started, `cancelled`; an exit code is a result. */
  run(command: ShellCommand): Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }>
}

/** An object in S3; `etag` without quotes, the MD5 of most objects. `size` in bytes. */
export type StoredObject = { readonly key: string; readonly size: number; readonly etag: string }

/** How a bucket is reached other than with this step's credentials, in its region, at AWS's own address. */
export type StoreAccess = {
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string }
  readonly region?: string
  readonly endpoint?: string
}

/** S3 with this step's credentials. */
export interface ObjectStore {
  /** The same with what is given instead. */
  withAccess(access: StoreAccess): ObjectStore
  /** All objects whose key begins so. @throws DeployError `bucket-unusable`. */
  list(bucket: string, prefix: string): Promise<readonly StoredObject[]>
  /** SHA-256 that S3 keeps of an object, in base64; undefined when it keeps none. */
  checksumOf(bucket: string, key: string): Promise<string | undefined>
  /** Writes a whole object, with its SHA-256. */
  put(object: { readonly bucket: string; readonly key: string; readonly content: Uint8Array }): Promise<void>
  /** A whole object; undefined when it is not there. */
  get(bucket: string, key: string): Promise<Uint8Array | undefined>
}

/** A record to be stored; `imageDigest` is the image's that it is about. */
export type NewRecord = { readonly tag: string; readonly text: string; readonly imageDigest: string }

/** Where releases leave their records. */
export interface Records {
  /** All tags, other release targets' and those of images too; empty where nothing was ever stored. */
  list(): Promise<readonly string[]>
  /** @throws DeployError `record-invalid` for a tag of something else. */
  read(tag: string): Promise<string | undefined>
  write(record: NewRecord): Promise<void>
}

export interface Clock {
  now(): Date
  /** @throws DeployError `cancelled` when the run is cancelled meanwhile. */
  sleep(milliseconds: number): Promise<void>
}

/** The runner's log, command files and masks. */
export interface Log {
  debug(message: string): void
  info(message: string): void
  notice(message: string): void
  warning(message: string, location?: Location): void
  group<T>(title: string, work: () => Promise<T>): Promise<T>
  /** Keeps the value out of everything printed from now on. */
  mask(secret: string): void
  output(name: string, value: string): void
  summary(markdown: string): Promise<void>
  /** One `::error::` line, and a red step. */
  fail(error: DeployError | Error): void
}
