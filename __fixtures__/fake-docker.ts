import { Readable } from 'node:stream'
import { extract } from 'tar-stream'
import { DeployError } from '../src/errors.ts'
import type { BuildRequest, Builder, ContainerRun, Docker, LocalImage } from '../src/docker-ports.ts'
import type { FakeRegistry } from './fake-registry.ts'

/** What read_flows.py would say of an entrypoint, without what stands in for itself. */
export type FakeReading = {
  readonly name?: string
  readonly description?: string | null
  readonly version?: string | null
  readonly parameterSchema?: object
  readonly loaded?: 'import' | 'safe'
  readonly failure?: { readonly kind: string; readonly traceback: string; readonly place?: { readonly file: string; readonly line: number } } | null
  /** Set for an entrypoint that cannot be read at all. */
  readonly kind?: string
  readonly traceback?: string
}

export type FakeDockerOptions = {
  /** Where pushed images go. */
  readonly registry: FakeRegistry
  /** By entrypoint. */
  readonly flows?: Readonly<Record<string, FakeReading>>
  readonly local?: LocalImage
  /** Digests of images elsewhere, by reference. */
  readonly elsewhere?: Readonly<Record<string, string>>
  readonly builder?: Builder
}

export type FakeDocker = Docker & {
  readonly builds: readonly { readonly request: BuildRequest; readonly files: readonly string[] }[]
  readonly pushes: readonly string[]
  /** Pushes with an attestation. */
  readonly attested: readonly BuildRequest[]
  readonly exports: readonly { readonly request: BuildRequest; readonly reference: string }[]
  readonly pulls: readonly string[]
  /** The platform that each pull asked for. */
  readonly pulledPlatforms: readonly (string | undefined)[]
  readonly runs: readonly ContainerRun[]
  /** Thrown by the next call of that name. */
  readonly failures: Partial<Record<'build' | 'push' | 'pull' | 'exportCache', DeployError>>
}

const ENGINE_BUILDER: Builder = { driver: 'docker', exportsCache: false, attests: false }
const LOCAL: LocalImage = { workingDirectory: '/opt/app', platform: 'linux/amd64' }

/** An engine in memory that builds anything, pushes to a fake registry, and answers as read_flows.py does. */
export function createFakeDocker({ registry, flows = {}, local = LOCAL, elsewhere = {}, builder = ENGINE_BUILDER }: FakeDockerOptions): FakeDocker {
  const builds: { request: BuildRequest; files: string[] }[] = []
  const pushes: string[] = []
  const attested: BuildRequest[] = []
  const exports: { request: BuildRequest; reference: string }[] = []
  const pulls: string[] = []
  const pulledPlatforms: (string | undefined)[] = []
  const runs: ContainerRun[] = []
  const failures: FakeDocker['failures'] = {}
  const failing = (call: keyof FakeDocker['failures']) => {
    if (failures[call] !== undefined) throw failures[call]
  }
  const put = (tag: string) => {
    failing('push')
    const [name = '', label = ''] = tag.slice(registry.host.length + 1).split(':')
    registry.addImage(name, label, { platforms: [local.platform] })
  }
  return {
    builds, pushes, attested, exports, pulls, pulledPlatforms, runs, failures,
    build: async (request) => {
      builds.push({ request, files: await filesIn(request.context) })
      failing('build')
      return local
    },
    builder: () => Promise.resolve(builder),
    exportCache: (request, reference) => {
      exports.push({ request, reference })
      return attempt(() => { failing('exportCache') })
    },
    push: (tag) => {
      pushes.push(tag)
      return attempt(() => { put(tag) })
    },
    pushAttested: (request) => {
      attested.push(request)
      return attempt(() => { put(request.tag) })
    },
    pull: (reference, platform) => {
      pulls.push(reference)
      pulledPlatforms.push(platform)
      return attempt(() => {
        failing('pull')
        return local
      })
    },
    run: (run) => {
      runs.push(run)
      return Promise.resolve({ exitCode: 0, stdout: answer(run.stdin, flows), stderr: '' })
    },
    resolveDigest: (reference) => Promise.resolve(elsewhere[reference]),
  } satisfies FakeDocker
}

async function filesIn(context: NodeJS.ReadableStream): Promise<string[]> {
  const names: string[] = []
  const tar = Readable.from(context).pipe(extract())
  for await (const entry of tar) {
    if (entry.header.type === 'file') names.push(entry.header.name)
    entry.resume()
  }
  return names
}

function answer(stdin: string, flows: Readonly<Record<string, FakeReading>>): string {
  const call = /main\(json\.loads\((".*")\)\)\n$/.exec(stdin)?.[1] ?? '""'
  const { nonce, entrypoints } = JSON.parse(JSON.parse(call) as string) as { nonce: string; entrypoints: string[] }
  return entrypoints.map((entrypoint) => `${nonce} ${JSON.stringify(reading(entrypoint, flows[entrypoint]))}\n`).join('')
}

function reading(entrypoint: string, flow: FakeReading | undefined) {
  if (flow === undefined) return { entrypoint, kind: 'missing-file', traceback: `There is no file for ${entrypoint}` }
  if (flow.kind !== undefined) return { entrypoint, kind: flow.kind, traceback: flow.traceback ?? '' }
  const name = (entrypoint.split(/[:.]/).at(-1) ?? '').replaceAll('_', '-')
  const schema = { title: 'Parameters', type: 'object', properties: {} }
  return { name, description: null, version: null, parameterSchema: schema, loaded: 'import', failure: null, ...flow, entrypoint }
}

async function attempt<T>(work: () => T): Promise<T> {
  return Promise.resolve().then(work)
}
