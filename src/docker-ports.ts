/** The container engine as the release sees it. */

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
