/** The interfaces to everything outside. Adapters implement them over SDKs and programs; tests over plain objects. */
import type { DeployError, Location } from './errors.ts'
import type { Docker } from './docker-ports.ts'
import type { Services, TaskDefinitions } from './ecs-ports.ts'
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
