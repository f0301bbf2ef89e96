import { statSync } from 'node:fs'
import { relative, resolve, sep } from 'node:path'
import { flowElsewhere } from '../deployment/code-elsewhere.ts'
import { locateCode, workingDirectoryOf } from '../deployment/code-location.ts'
import type { CodeLocation } from '../deployment/code-location.ts'
import type { Flow } from '../flow.ts'
import type { DeploymentConfig } from '../deployment/deployment-config.ts'
import { findWorkPool } from '../deployment/job-image.ts'
import type { Pin } from '../deployment/job-image.ts'
import { flowOfLive, pinnedTo } from '../deployment/pinned.ts'
import type { ReleaseImage, Sources } from '../deployment/rendering.ts'
import type { StepsPlan } from '../deployment/step-read.ts'
import { placeholdersIn } from '../deployment/template.ts'
import type { Warning } from '../errors.ts'
import { requireAttestation } from '../image/attestation.ts'
import { buildImage } from '../image/build.ts'
import type { BuildCache } from '../image/cache.ts'
import type { BuildInputs } from '../image/fingerprint.ts'
import { readFlows } from '../image/flows.ts'
import { requirePlatform } from '../image/plan.ts'
import type { ImagePlan } from '../image/plan.ts'
import type { Inputs } from '../inputs.ts'
import type { Results } from '../planned.ts'
import type { Log, Ports } from '../ports.ts'
import type { LocalImage } from '../docker-ports.ts'
import type { LiveState, LiveWorkPool } from '../prefect-ports.ts'
import type { Omission } from '../release-plan.ts'
import { leaveUnread, unread, unreadOmission, whyUnread } from './unread-flows.ts'

/** Where a checkout is mounted for flows that their pull steps fetch from it. */
const CHECKOUT = '/prefect-ecs-deploy/checkout'

/**
 * A flow, and the folder that its entrypoint is relative to. The schema of one that was not read may be an old one: no
 * parameters are checked by it.
 */
export type ReadFlow = { readonly flow: Flow; readonly workingDirectory: string; readonly isUnread: boolean }

/** The flows of a release's deployments. */
export type ReleaseFlows = {
  readonly of: (config: DeploymentConfig) => ReadFlow
  readonly warnings: readonly Warning[]
  /** Which flows a plan had to leave unread. */
  readonly omissions: readonly Omission[]
}

export type FlowsRequest = {
  readonly configs: readonly DeploymentConfig[]
  readonly live: LiveState
  readonly sources: Sources
  readonly image: ImagePlan
  readonly names: ReleaseImage
  readonly build: BuildInputs | undefined
  readonly cache?: BuildCache | undefined
  /** That the image is wanted for, as `os/architecture`. */
  readonly platform: string | undefined
  readonly results: Results
  /** Of the task definitions that this release registers. */
  readonly families: readonly string[]
  readonly pin?: Pin
  readonly steps: StepsPlan
  /** As they are now; `live` has those of after the release. */
  readonly livePools?: readonly LiveWorkPool[]
  /** Whether no registry and no workspace can be asked; `live` then says nothing. */
  readonly isOffline: boolean
}

type Context = { readonly inputs: Inputs; readonly ports: Ports; readonly log: Log }

/**
 * Reads the flows inside the image, which is built or pulled for it. Neither is needed when every deployment already
 * points at this very digest: its flow can only have changed by hand. A plan may go without the image.
 */
export async function readReleaseFlows(request: FlowsRequest, context: Context): Promise<ReleaseFlows> {
  const pinned = new Map(request.configs.flatMap((config): [DeploymentConfig, ReadFlow][] => {
    const flow = isReadAlways(context.inputs) ? undefined : pinnedFlow(config, request)
    return flow === undefined ? [] : [[config, flow]]
  }))
  if (pinned.size === request.configs.length) {
    context.log.info('Every deployment runs this image already: its flows are not read again')
    return { of: (config) => get(pinned, config), warnings: [], omissions: [] }
  }
  const reason = whyUnread(request, context.inputs)
  if (reason !== undefined) return leaveUnread(request, context.inputs, reason)
  const image = await context.log.group('Prepare the image', () => prepareImage(request, context))
  return context.log.group('Read the flows', () => readFromImage(request, image, context))
}

/** A pinned image may have been read with the safe loader once, which a strict run must not take for proof. */
function isReadAlways({ flows }: Inputs): boolean {
  return flows.always || flows.strict
}

function pinnedFlow(config: DeploymentConfig, request: FlowsRequest): ReadFlow | undefined {
  const { live, livePools, sources, names, families, pin = 'deployment', steps, results } = request
  if (steps.copiesCode(config)) return undefined
  const pool = findWorkPool(config, live.workPools)
  const livePool = livePools?.find(({ name }) => name === pool.name)
  const deployment = pinnedTo({
    ...sources, live: live.deployments, config, pool, livePool, image: names, families, pin, stepOutputs: steps.outputsOf(config), results,
  })
  return deployment && { flow: flowOfLive(deployment), workingDirectory: workingDirectoryOf(deployment), isUnread: false }
}

type Folder = Exclude<CodeLocation, { kind: 'elsewhere' }>
type PreparedImage = LocalImage & { readonly name: string }

async function prepareImage({ image, build, platform, cache }: FlowsRequest, { inputs, ports: { docker }, log }: Context): Promise<PreparedImage> {
  if (image.action !== 'build' || build === undefined) {
    const reference = image.action === 'build' ? image.name : image.reference
    log.info(`Pulling ${reference}`)
    return { ...(await docker.pull(reference, platform)), name: reference }
  }
  if (inputs.image.provenance) await requireAttestation(docker)
  log.info(`Building ${image.name}`)
  if (cache !== undefined) log.info(cache.told)
  const withheld = inputs.image.buildSecretNames.filter((name) => !(name in inputs.image.buildSecrets))
  if (withheld.length > 0) log.notice(`The build gets no secrets on a pull request (${withheld.join(', ')}); pull-request-build-secrets: true gives them.`)
  const built = await buildImage(image, build, { docker, secrets: inputs.image.buildSecrets, cache })
  requirePlatform(platform, { platforms: [built.platform] }, image.name)
  return { ...built, name: image.name }
}

async function readFromImage(request: FlowsRequest, image: PreparedImage, context: Context): Promise<ReleaseFlows> {
  const { configs, live, sources, steps, isOffline } = request
  const { inputs, ports: { docker }, log } = context
  const places = new Map(configs.map((config) => [config, locateCode(config, {
    image, repository: inputs.run.repository, sources, projectDirectory: relative(inputs.workspace, inputs.projectDirectory) || '.',
    steps: { runs: steps.runsOf(config), outputs: steps.outputsOf(config) },
  })]))
  const unreadable = isOffline ? configs.filter((config) => places.get(config)?.kind === 'elsewhere' || hasOpenEntrypoint(config)) : []
  const readable = configs.filter((config) => !unreadable.includes(config))
  const flows = new Map<DeploymentConfig, Flow>()
  const warnings: Warning[] = []
  for (const config of readable) {
    const place = get(places, config)
    if (place.kind === 'elsewhere') flows.set(config, flowElsewhere(config, live.deployments, place.location))
  }
  for (const place of distinct(readable.map((config) => get(places, config)).filter(isHere))) {
    const here = readable.filter((config) => isSame(places.get(config), place))
    const report = await readFlows({
      docker,
      image: image.name,
      ...folderOf(place, inputs),
      entrypoints: here.map(({ entrypoint, locationOf }) => ({ entrypoint, location: locationOf('entrypoint') })),
      strict: inputs.flows.strict,
      ...(isMadeHere(place, request) && { sourceOf: sourcesOf(place, inputs) }),
    })
    warnings.push(...report.warnings)
    for (const config of here) flows.set(config, get(report.flows, config.entrypoint))
  }
  log.info(`Read ${new Set([...flows.values()].map(({ name }) => name)).size} flows in ${image.name}`)
  return {
    of: (config) => {
      if (unreadable.includes(config)) return unread(config, request)
      return { flow: get(flows, config), workingDirectory: image.workingDirectory, isUnread: false }
    },
    warnings,
    omissions: unreadable.length === 0 ? [] : [unreadOmission(unreadable, 'its code is elsewhere', isOffline)],
  }
}

/** Of a variable or block that the workspace was not asked for. */
function hasOpenEntrypoint({ entrypoint }: DeploymentConfig): boolean {
  return placeholdersIn(entrypoint).some(({ kind }) => kind === 'variable' || kind === 'block')
}

/** Whether the code is of this checkout, not of an image that somebody names. */
function isMadeHere({ kind }: Folder, { build }: FlowsRequest): boolean {
  return kind === 'checkout' || build !== undefined
}

/** The file of the checkout that a file of the image was probably made from: one of the build context, copied as it is. */
function sourcesOf({ kind, directory }: Folder, { workspace, projectDirectory, image }: Inputs): (path: string) => string | undefined {
  const root = kind === 'checkout' ? resolve(workspace, directory) : resolve(projectDirectory, image.context)
  return (path) => {
    const file = relative(workspace, resolve(root, path))
    const isThere = statSync(resolve(workspace, file), { throwIfNoEntry: false })?.isFile() === true
    return isThere && !file.startsWith(`..${sep}`) ? file : undefined
  }
}

/** Without what git keeps of the checkout: its configuration holds the job's token. */
function folderOf({ kind, directory }: Folder, { workspace }: Inputs) {
  if (kind === 'image') return { workingDirectory: directory }
  return { workingDirectory: `${CHECKOUT}/${directory}`, mount: { source: workspace, target: CHECKOUT }, hidden: [`${CHECKOUT}/.git`] }
}

function isHere(place: CodeLocation): place is Folder {
  return place.kind !== 'elsewhere'
}

function distinct(places: readonly Folder[]): Folder[] {
  return places.filter((place, index) => places.findIndex((other) => isSame(place, other)) === index)
}

function isSame(a: CodeLocation | undefined, b: Folder): boolean {
  return a?.kind === b.kind && a.directory === b.directory
}

function get<K, V>(map: ReadonlyMap<K, V>, key: K): V {
  const value = map.get(key)
  if (value === undefined) throw new Error('A flow was not read')
  return value
}
