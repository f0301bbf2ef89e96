import { createHash, hash } from 'node:crypto'
import { createReadStream, readFileSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { relative, resolve, sep } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { DeployError } from '../errors.ts'
import { listContext, readIgnoreFile } from './context.ts'
import type { ContextEntry } from './context.ts'
import { pathsNamedBy } from './dockerfile.ts'

/** What to build; `context` and `dockerfile` as the user wrote them. */
export type BuildSpec = {
  /** Absolute path that `context` is relative to. */
  readonly directory: string
  readonly context: string
  /** Looked for in the context, then in `directory`. */
  readonly dockerfile: string
  readonly target: string | undefined
  /** `os/architecture`; the builder's own when undefined. */
  readonly platform: string | undefined
  readonly buildArgs: Readonly<Record<string, string>>
  readonly secretNames: readonly string[]
  /** Any text that makes another fingerprint of the same build. */
  readonly salt: string | undefined
  /** Whether the image carries an attestation of its provenance. */
  readonly provenance: boolean
  /** Absolute paths of files that say how to deploy: the Prefect file, the task definition. */
  readonly deploymentFiles: readonly string[]
}

export type HashedFile = Extract<ContextEntry, { kind: 'file' }> & { readonly digest: string; readonly size: number }
export type HashedEntry = Exclude<ContextEntry, { kind: 'file' }> | HashedFile

/** A build that has been read and identified. */
export type BuildInputs = {
  /** SHA-256 in hex, see {@link readBuildInputs}. */
  readonly fingerprint: string
  /** The fingerprint as an image tag. */
  readonly tag: string
  readonly entries: readonly HashedEntry[]
  /** Path of the Dockerfile among the entries. */
  readonly dockerfile: string
  readonly target: string | undefined
  readonly platform: string | undefined
  readonly buildArgs: Readonly<Record<string, string>>
}

/** Name of a Dockerfile in the tar that is outside the context, or that the ignore file excludes. */
export const FOREIGN_DOCKERFILE = '.prefect-ecs-deploy.Dockerfile'

const FORMAT = 'prefect-ecs-deploy build 1'
const TAG_PREFIX = 'tree-'
const TAG_DIGITS = 40
/** Never of use to a build, and different on every commit. */
const REPOSITORY_FOLDERS = ['.git', '.github']
const BATCH = 512
/** Of a file up to this size, a stream or a promise costs several times what reading it does. */
const READ_WHOLE_BYTES = 1024 * 1024

/**
 * Reads everything that decides what a build makes, and names it by a fingerprint: the SHA-256 of these lines of JSON,
 * each ended by a line feed:
 *
 * 1. the string `prefect-ecs-deploy build 1`;
 * 2. the object `{dockerfile, target, platform, buildArgs, secrets}`: path of the Dockerfile in the tar, target stage or
 *    null, platform or null, build arguments as `[name, value]` sorted by name, names of the build secrets sorted; behind
 *    them `salt`, where one is given, and `provenance: true`, where it is asked for;
 * 3. for every entry of the context, sorted by path (UTF-16 code units): `["directory", path]`,
 *    `["symlink", path, target]` or `["file", path, executable, sha256 of its bytes]`, where `executable` is the
 *    owner's permission to execute.
 *
 * The context is what `.dockerignore` leaves, the Dockerfile always included. Times, owners and other permissions do
 * not count, nor do the values of secrets; what a base image's tag points to is not known here either. `.git`,
 * `.github` and the files that only say how to deploy are left out unless the Dockerfile names them, so that a changed
 * schedule does not rebuild the image. docs/image.md has this definition for users.
 * @throws DeployError `build-context-invalid` when the context or the Dockerfile is missing.
 */
export async function readBuildInputs(spec: BuildSpec): Promise<BuildInputs> {
  const folder = resolve(spec.directory, spec.context)
  const dockerfile = await readDockerfile(spec, folder)
  const listed = listContext(folder, {
    ignore: await readIgnoreFile(folder, dockerfile.path),
    leftOut: leftOut(spec, folder, dockerfile.text),
  })
  const own = toSlashes(relative(folder, dockerfile.path))
  const isListed = listed.some((entry) => entry.kind === 'file' && entry.path === own)
  const foreign: ContextEntry = { kind: 'file', path: FOREIGN_DOCKERFILE, source: dockerfile.path, executable: false }
  const entries = await hashEntries(isListed ? listed : [foreign, ...listed])
  return describeBuild(spec, entries, isListed ? own : FOREIGN_DOCKERFILE)
}

function describeBuild(spec: BuildSpec, entries: readonly HashedEntry[], dockerfile: string): BuildInputs {
  const { target, platform, buildArgs, secretNames, salt, provenance } = spec
  const settings = {
    dockerfile,
    target: target ?? null,
    platform: platform ?? null,
    buildArgs: Object.entries(buildArgs).sort(([a], [b]) => (a < b ? -1 : 1)),
    secrets: [...secretNames].sort(),
    ...(salt !== undefined && { salt }),
    ...(provenance && { provenance }),
  }
  const sha256 = createHash('sha256')
  for (const line of [FORMAT, settings, ...entries.map(fingerprintLine)]) sha256.update(`${JSON.stringify(line)}\n`)
  const fingerprint = sha256.digest('hex')
  return { fingerprint, tag: `${TAG_PREFIX}${fingerprint.slice(0, TAG_DIGITS)}`, entries, dockerfile, target, platform, buildArgs }
}

function fingerprintLine(entry: HashedEntry): readonly (string | boolean)[] {
  switch (entry.kind) {
    case 'directory': return [entry.kind, entry.path]
    case 'symlink': return [entry.kind, entry.path, entry.target]
    case 'file': return [entry.kind, entry.path, entry.executable, entry.digest]
  }
}

async function readDockerfile({ directory, dockerfile }: BuildSpec, folder: string): Promise<{ path: string; text: string }> {
  const candidates = [...new Set([resolve(folder, dockerfile), resolve(directory, dockerfile)])]
  for (const path of candidates) {
    const text = await readFile(path, 'utf8').catch(() => undefined)
    if (text !== undefined) return { path, text }
  }
  listContext(folder, { ignore: '**', leftOut: () => false }) // a missing context is the better explanation
  throw new DeployError('build-context-invalid', `There is no Dockerfile at ${candidates.map((path) => `"${path}"`).join(' nor at ')}`, {
    hint: 'Set "dockerfile" to its path, relative to "context" or to "working-directory".',
  })
}

function leftOut(spec: BuildSpec, folder: string, dockerfile: string): (path: string) => boolean {
  const files = spec.deploymentFiles.map((path) => toSlashes(relative(folder, path)))
  const isNamed = pathsNamedBy(dockerfile, spec.buildArgs)
  const paths = new Set([...REPOSITORY_FOLDERS, ...files].filter((path) => !isNamed(path)))
  return (path) => paths.has(path)
}

/** Requests that are under way meanwhile are answered between the batches. */
async function hashEntries(entries: readonly ContextEntry[]): Promise<HashedEntry[]> {
  const hashed: HashedEntry[] = []
  for (const [index, entry] of entries.entries()) {
    hashed.push(entry.kind === 'file' ? await hashEntry(entry) : entry)
    if (index % BATCH === BATCH - 1) await setImmediate()
  }
  return hashed.sort((a, b) => (a.path < b.path ? -1 : 1))
}

function hashEntry(entry: Extract<ContextEntry, { kind: 'file' }>): HashedFile | Promise<HashedFile> {
  const unreadable = (error: unknown): never => {
    throw new DeployError('build-context-invalid', `"${entry.source}" in the build context cannot be read`, {
      hint: 'Let this job read it, or name it in .dockerignore.',
      cause: error,
    })
  }
  try {
    if (statSync(entry.source).size > READ_WHOLE_BYTES) return hashStream(createReadStream(entry.source)).then((hash) => ({ ...entry, ...hash }), unreadable)
    const bytes = readFileSync(entry.source)
    return { ...entry, digest: hash('sha256', bytes), size: bytes.length }
  } catch (error) {
    return unreadable(error)
  }
}

async function hashStream(chunks: AsyncIterable<Buffer>): Promise<{ digest: string; size: number }> {
  const sha256 = createHash('sha256')
  let size = 0
  for await (const chunk of chunks) {
    sha256.update(chunk)
    size += chunk.length
  }
  return { digest: sha256.digest('hex'), size }
}

function toSlashes(path: string): string {
  return sep === '/' ? path : path.split(sep).join('/')
}
