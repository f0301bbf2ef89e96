import { resolve } from 'node:path'
import { defaultWorkPoolOf } from '../deployment/default-work-pool.ts'
import type { PrefectFiles } from '../deployment/prefect-file.ts'
import { readPrefectFiles } from '../deployment/prefect-files.ts'
import type { DeploymentConfig } from '../deployment/deployment-config.ts'
import { lookupKey, referencesOf, variablesInBlocks } from '../deployment/references.ts'
import type { Lookups, Reference } from '../deployment/references.ts'
import { selectDeployments } from '../deployment/select.ts'
import { DeployError } from '../errors.ts'
import { readBuildInputs } from '../image/fingerprint.ts'
import type { BuildInputs } from '../image/fingerprint.ts'
import { readImage } from '../image/live.ts'
import type { LiveImage, WantedImage } from '../image/plan.ts'
import { parseImageReference } from '../image/reference.ts'
import type { Inputs } from '../inputs.ts'
import { isList, isObject } from '../planned.ts'
import type { Json } from '../planned.ts'
import type { Log, Ports } from '../ports.ts'
import type { Revision, ServiceState, TaskDefinition } from '../ecs-ports.ts'
import { readLiveDefinitions, readProjectDefinitions, requireOwnRoles } from './read-definitions.ts'
import type { ProjectDefinition } from './read-definitions.ts'
import { isSecretName } from '../secret-names.ts'
import { readWorkPoolTemplate } from './work-pool-template.ts'
import type { WorkPoolTemplate } from '../work-pool/template.ts'
import { commonPlatform } from '../task-definition/platform.ts'
import type { TaskDefinitionSource } from '../task-definition/source.ts'

/** What the checkout alone says; reading it asks nothing of the outside, so its errors come first. */
export type Project = {
  readonly files: PrefectFiles
  /** The deployments that this release is about. */
  readonly configs: readonly DeploymentConfig[]
  /** Of the input `task-definition`. */
  readonly definitions: readonly ProjectDefinition[]
  /** Of the input `work-pool-template`. */
  readonly template: WorkPoolTemplate | undefined
}

/** What AWS holds. */
export type LiveAws = {
  readonly accountId: string
  readonly taskDefinitions: readonly TaskDefinitionSource[]
  readonly wanted: WantedImage
  readonly image: LiveImage
  /** Digests of those of the input `image-tags` that are there. */
  readonly tags: ReadonlyMap<string, string>
  /** Of an image that this release builds or has built before; absent when one is given. */
  readonly build: BuildInputs | undefined
  readonly service: ServiceState | undefined
  /** The service's own revision, when a container of it is to get the image. */
  readonly serviceRevision: Revision | undefined
}

/** @throws DeployError of the Prefect file, the selection or the task definition files. */
export async function readProject(inputs: Inputs, ports: Ports, log: Log): Promise<Project> {
  const { workspace, projectDirectory } = inputs
  const defaultWorkPool = defaultWorkPoolOf(inputs.environment)
  const files = await readPrefectFiles({ workspace, directory: projectDirectory, patterns: inputs.prefectFiles, defaultWorkPool })
  const configs = selectDeployments(files, inputs.deployments)
  log.info(`${files.paths.join(', ')}: ${configs.length} of ${files.deployments.length} deployments`)
  const definitions = await readProjectDefinitions(inputs, ports)
  return { files, configs, definitions, template: await readWorkPoolTemplate(inputs) }
}

/** Every variable and block that the deployments refer to, each asked for once. */
export async function readLookups(configs: readonly DeploymentConfig[], { workspace }: Ports, log: Log): Promise<Lookups> {
  const lookUpAll = (references: readonly Reference[]) => Promise.all(references.map(async (reference) => {
    const value = await workspace.lookUp(reference)
    if (value !== undefined && 'blockType' in reference) for (const secret of secretsIn(value, reference.blockType === 'secret')) log.mask(secret)
    return [lookupKey(reference), value] as const
  }))
  const named = new Map(await lookUpAll(referencesOf(configs)))
  return new Map([...named, ...await lookUpAll(variablesInBlocks(named).filter((reference) => !named.has(lookupKey(reference))))])
}

/** Shorter text is no secret worth the name, and its mask would hide half the log and drop outputs. */
const SHORTEST_SECRET = 6

/** Texts of a block that are secret: all of a Secret block, of another those that are named so. */
function secretsIn(value: Json, isSecret: boolean): string[] {
  if (typeof value === 'string') return isSecret && value.length >= SHORTEST_SECRET ? [value] : []
  if (isList(value)) return value.flatMap((item) => secretsIn(item, isSecret))
  return isObject(value) ? Object.entries(value).flatMap(([key, item]) => secretsIn(item, isSecret || isSecretName(key))) : []
}

/** @throws DeployError `account-not-allowed` before anything else is asked of AWS. */
export async function readAws(inputs: Inputs, project: Project, { ports, log }: { readonly ports: Ports; readonly log: Log }): Promise<LiveAws> {
  const accountId = await guardAccount(inputs, ports)
  log.info(`AWS account ${accountId}, region ${inputs.aws.region}`)
  requireOwnRoles(project.definitions, accountId)
  const [taskDefinitions, service] = await Promise.all([readLiveDefinitions(project.definitions, inputs, ports), readService(inputs, ports)])
  const platform = platformOf(inputs, taskDefinitions.map(({ definition }) => definition))
  const build = inputs.image.given === undefined ? await readBuild(inputs, platform, project) : undefined
  const wanted = wantedImage(inputs, build, platform)
  const image = await readImage(wanted, ports)
  return { accountId, taskDefinitions, wanted, build, image, tags: await readTags(inputs, image, ports), ...service }
}

/** @returns what the image's own repository has of the wanted tags: their digests. */
export function readTags({ image: { tags } }: Inputs, live: LiveImage, { registry }: Pick<Ports, 'registry'>): Promise<ReadonlyMap<string, string>> {
  if (tags.length === 0 || live.registry !== 'ecr' || live.repository === undefined) return Promise.resolve(new Map())
  return registry.findTags(live.repository, tags)
}

/** @throws DeployError `account-not-allowed` */
export async function guardAccount({ aws: { allowedAccountIds } }: Inputs, { account }: Ports): Promise<string> {
  const { accountId, arn } = await account.identify()
  if (allowedAccountIds.length === 0 || allowedAccountIds.includes(accountId)) return accountId
  throw new DeployError('account-not-allowed', `The credentials of ${arn} belong to account ${accountId}, not to ${allowedAccountIds.join(' or ')}`, {
    hint: 'Check role-to-assume, or add the account to allowed-account-ids.',
  })
}

async function readService({ service: reference }: Inputs, { services, taskDefinitions }: Ports): Promise<Pick<LiveAws, 'service' | 'serviceRevision'>> {
  const service = reference === undefined ? undefined : await services.describe(reference)
  const serviceRevision = reference?.containerName === undefined || service === undefined ? undefined : await taskDefinitions.describe(service.taskDefinitionArn)
  return { service, serviceRevision }
}

/** @throws DeployError `build-context-invalid`. */
export function readBuild(inputs: Inputs, platform: string, { files, definitions }: Pick<Project, 'files' | 'definitions'>): Promise<BuildInputs> {
  const { workspace, projectDirectory: directory, image } = inputs
  const templateFile = inputs.workPoolTemplate === undefined ? [] : [resolve(directory, inputs.workPoolTemplate)]
  const definitionFiles = definitions.flatMap(({ file }) => (file === undefined ? [] : [file]))
  return readBuildInputs({
    directory,
    context: image.context,
    dockerfile: image.dockerfile,
    target: image.target,
    platform,
    buildArgs: image.buildArgs,
    secretNames: image.buildSecretNames,
    salt: image.salt,
    provenance: image.provenance,
    deploymentFiles: [...[...files.paths, ...definitionFiles].map((path) => resolve(workspace, path)), ...templateFile],
  })
}

/** The image that is built, or the existing one that is given. */
export function wantedImage(inputs: Inputs, build: BuildInputs | undefined, platform: string): WantedImage {
  const { given, repository, createRepository: createsRepository } = inputs.image
  if (build !== undefined && repository !== undefined) return { kind: 'build', repository, fingerprint: build.fingerprint, tag: build.tag, platform, createsRepository }
  return { kind: 'existing', reference: parseImageReference(given ?? ''), repository, platform }
}

/** The input, else what the task definitions run on. @throws DeployError `platform-mismatch`. */
export function platformOf({ image }: Inputs, definitions: readonly TaskDefinition[]): string {
  return image.platform ?? commonPlatform(definitions)
}
