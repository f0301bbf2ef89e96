import { DeployError } from '../errors.ts'
import type { BuildRequest, Builder, Docker, LocalImage } from '../docker-ports.ts'
import type { ChildResult } from './child-process.ts'
import { DockerCli } from './docker-cli.ts'
import type { DockerCliOptions } from './docker-cli.ts'
import { attestedPushFailure, buildFailure, buildxMissing, cacheFailure, dockerFailure, platformMismatch, pullFailure, saysNotFound } from './docker-failure.ts'
import { runContainer } from './docker-run.ts'

export type DockerOptions = DockerCliOptions & {
  /** How long one container may run, in milliseconds. */
  readonly runTimeout?: number
}

/** Docker that leaves nothing behind once it is disposed of. */
export type DisposableDocker = Docker & { dispose(): Promise<void> }

const RUN_TIMEOUT_MS = 10 * 60_000

/** The container engine through Docker's command line, logged in to the registry by a configuration of its own. */
export function createDocker({ runTimeout = RUN_TIMEOUT_MS, ...options }: DockerOptions): DisposableDocker {
  const cli = new DockerCli(options)
  return {
    build: (request) => build(cli, request),
    builder: () => inspectBuilder(cli),
    exportCache: (request, reference) => exportCache(cli, request, reference),
    push: (tag) => push(cli, tag),
    pushAttested: (request) => pushAttested(cli, request),
    pull: (reference, platform) => pull(cli, reference, platform),
    run: (run) => runContainer(cli, run, runTimeout),
    resolveDigest: (reference) => resolveDigest(cli, reference),
    dispose: () => cli.dispose(),
  }
}

async function build(cli: DockerCli, request: BuildRequest): Promise<LocalImage> {
  const result = await runBuild(cli, request, { output: ['--load', ...inlineCache(request)] })
  if (result.exitCode === 0) return inspect(cli, request.tag)
  await requireBuildx(cli)
  throw buildFailure(result)
}

/**
 * ECR takes a cache only as an image manifest. `ignore-error` is left out: the image is in the registry by now, and with
 * it BuildKit ends as if the cache were written when it is not (solver/llbsolver/export.go).
 */
async function exportCache(cli: DockerCli, request: BuildRequest, reference: string): Promise<void> {
  const to = `type=registry,ref=${reference},mode=max,image-manifest=true,oci-mediatypes=true`
  const result = await runBuild(cli, request, { output: ['--output', 'type=cacheonly', '--cache-to', to] })
  if (result.exitCode !== 0) throw cacheFailure(reference, result)
}

/**
 * Of no more than the sources and the builder: `mode=max` would publish the build arguments. The pushed image is an index
 * of the image that was loaded and of its attestation; the builder has all steps of it in its cache.
 */
async function pushAttested(cli: DockerCli, request: BuildRequest): Promise<void> {
  const result = await runBuild(cli, request, { output: ['--push', ...inlineCache(request)], provenance: 'mode=min' })
  if (result.exitCode !== 0) throw attestedPushFailure(request.tag, result)
}

/** Secrets reach the builder by variables of this one child; an attestation that is not asked for would turn the image into an index. */
function runBuild(
  cli: DockerCli, request: BuildRequest, { output, provenance = 'false' }: { readonly output: readonly string[]; readonly provenance?: string },
): Promise<ChildResult> {
  const secrets = Object.entries(request.secrets).map(([id, value], index) => ({ id, value, variable: `BUILD_SECRET_${index}` }))
  const args = [
    'buildx', 'build', '--progress', 'plain', ...output, `--provenance=${provenance}`, '--tag', request.tag, '--file', request.dockerfile,
    ...(request.cacheFrom ?? []).flatMap((reference) => ['--cache-from', `type=registry,ref=${reference}`]),
    ...(request.target === undefined ? [] : ['--target', request.target]),
    ...(request.platform === undefined ? [] : ['--platform', request.platform]),
    ...Object.entries(request.buildArgs).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
    ...secrets.flatMap(({ id, variable }) => ['--secret', `id=${secretId(id)},env=${variable}`]),
    '-',
  ]
  const environment = Object.fromEntries(secrets.map(({ variable, value }) => [variable, value]))
  return cli.run(args, { input: request.context, environment, login: true, print: 'info' })
}

function inlineCache({ inlineCache = false }: BuildRequest): string[] {
  return inlineCache ? ['--cache-to', 'type=inline'] : []
}

/**
 * What buildx itself goes by (driver/<name>/driver.go, Features): every driver can export and attest but `docker`, the
 * engine's own, which can with the containerd image store; a worker of it that has a snapshotter has that store. Where
 * buildx does not say, the build will say why. BuildKit attests since v0.11; one that was built by hand has no version.
 */
async function inspectBuilder(cli: DockerCli): Promise<Builder> {
  const { stdout } = await cli.run(['buildx', 'inspect'])
  const driver = /^Driver:\s+(\S+)/m.exec(stdout)?.[1]
  if (driver === undefined) return { driver: 'unknown', exportsCache: false, attests: false }
  const exportsCache = driver !== 'docker' || /^\s*org\.mobyproject\.buildkit\.worker\.snapshotter:/m.test(stdout)
  return { driver, exportsCache, attests: exportsCache && !/^BuildKit version:\s+v0\.([1-9]|10)(\.|\+|$)/m.test(stdout) }
}

/** buildx reads `--secret` as comma-separated values. */
function secretId(id: string): string {
  if (/^[\w.-]+$/.test(id)) return id
  throw new DeployError('invalid-input', `Input "build-secrets": "${id}" is not a name of letters, digits, ".", "_" and "-"`)
}

async function push(cli: DockerCli, tag: string): Promise<void> {
  const result = await cli.run(['push', tag], { login: true, print: 'info' })
  if (result.exitCode !== 0) throw dockerFailure('push-failed', `Pushing ${tag} failed`, result)
}

async function pull(cli: DockerCli, reference: string, platform: string | undefined): Promise<LocalImage> {
  const result = await cli.run(['pull', '--quiet', ...(platform === undefined ? [] : ['--platform', platform]), reference], { login: true })
  if (result.exitCode !== 0) throw pullFailure(reference, result)
  const image = await inspect(cli, reference)
  // Of an image that is no index, the engine takes whatever platform it has.
  if (platform === undefined || `${platform}/`.startsWith(`${image.platform}/`)) return image
  throw platformMismatch(`Image ${reference} is for ${image.platform}, but ${platform} is needed`)
}

async function resolveDigest(cli: DockerCli, reference: string): Promise<string | undefined> {
  const result = await cli.run(['buildx', 'imagetools', 'inspect', '--format', '{{json .Manifest}}', reference], { login: true })
  if (result.exitCode === 0) return (JSON.parse(result.stdout) as { readonly digest?: string }).digest
  if (saysNotFound(result)) return undefined
  await requireBuildx(cli)
  throw dockerFailure('pull-failed', `Looking up ${reference} failed`, result)
}

/** Looked at once something has failed: without the plugin, Docker complains of flags it does not know. */
async function requireBuildx(cli: DockerCli): Promise<void> {
  const result = await cli.run(['buildx', 'version'])
  if (result.exitCode !== 0) throw buildxMissing(result)
}

/** No more than this: an image's variables and commands may hold secrets. */
const INSPECTED = '{"os":{{json .Os}},"architecture":{{json .Architecture}},"workingDirectory":{{with .Config}}{{json .WorkingDir}}{{else}}""{{end}}}'

type Inspected = { readonly os: string; readonly architecture: string; readonly workingDirectory: string }

async function inspect(cli: DockerCli, image: string): Promise<LocalImage> {
  const result = await cli.run(['image', 'inspect', '--format', INSPECTED, image])
  if (result.exitCode !== 0) throw dockerFailure('docker-unavailable', `The engine does not have ${image}`, result)
  const { os, architecture, workingDirectory } = JSON.parse(result.stdout) as Inspected
  return { workingDirectory: workingDirectory || '/', platform: `${os}/${architecture}` }
}
