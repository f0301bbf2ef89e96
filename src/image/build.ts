import { DeployError } from '../errors.ts'
import type { Log, Registry } from '../ports.ts'
import type { BuildRequest, Docker, LocalImage } from '../docker-ports.ts'
import type { BuildCache } from './cache.ts'
import type { BuildInputs } from './fingerprint.ts'
import { packContext } from './pack.ts'
import type { ImagePlan } from './plan.ts'

export type BuildPlan = Extract<ImagePlan, { action: 'build' }>
export type BuildOptions = {
  readonly docker: Docker
  /** Values of the build secrets, by name. */
  readonly secrets: Readonly<Record<string, string>>
  readonly cache?: BuildCache | undefined
}
export type PushPorts = { readonly registry: Registry; readonly log: Log }

/** Builds the planned image and loads it into the engine under its name; nothing leaves this machine. */
export function buildImage(plan: BuildPlan, inputs: BuildInputs, options: BuildOptions): Promise<LocalImage> {
  return options.docker.build(buildRequest(plan, inputs, options))
}

/** The same build each time, with a context of its own to read. */
export function buildRequest(plan: BuildPlan, inputs: BuildInputs, { secrets, cache }: BuildOptions): BuildRequest {
  const { dockerfile, target, platform, buildArgs } = inputs
  return {
    tag: plan.name,
    context: packContext(inputs),
    dockerfile,
    ...(target !== undefined && { target }),
    ...(platform !== undefined && { platform }),
    buildArgs,
    secrets,
    ...(cache !== undefined && { cacheFrom: cache.from, inlineCache: cache.inline }),
  }
}

/**
 * Pushes the image that was built and asks the registry for its digest: what the build reports can be the id of a
 * local image. Another job may push the same fingerprint meanwhile, which an immutable repository answers with an
 * error; what that job pushed was built from the same inputs and is used.
 * @returns `<repository uri>@<digest>`
 * @throws DeployError `push-failed`
 */
export async function pushImage(plan: BuildPlan, push: Push, ports: PushPorts): Promise<string> {
  const { name, repository, tag } = plan
  const failure = await tryTo(push)
  const image = await ports.registry.findImage(repository, tag)
  if (image === undefined) throw failure ?? unknownToRegistry(name)
  if (failure !== undefined) ports.log.info(`Another job pushed ${name} meanwhile: using ${image.digest}`)
  return `${repository.uri}@${image.digest}`
}

/** The engine's push of what it has, or the builder's with an attestation. */
export type Push = () => Promise<void>

async function tryTo(push: Push): Promise<DeployError | undefined> {
  try {
    await push()
    return undefined
  } catch (error) {
    if (error instanceof DeployError && error.code === 'push-failed') return error
    throw error
  }
}

function unknownToRegistry(name: string): DeployError {
  return new DeployError('push-failed', `${name} was pushed, but the registry does not know it`, {
    hint: 'A lifecycle policy may have removed it at once; look at the repository, then run again.',
  })
}
