import dockerignore from '@balena/dockerignore'
import { existsSync, lstatSync, readdirSync, readlinkSync } from 'node:fs'
import type { Dirent } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DeployError } from '../errors.ts'

/** One entry of a build context; `path` is relative to it, with slashes. */
export type ContextEntry =
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string }
  | { readonly kind: 'file'; readonly path: string; readonly source: string; readonly executable: boolean }

export type ContextRules = {
  /** Text of the ignore file that applies, or nothing. */
  readonly ignore: string
  /** Whether a path is left out although no ignore file says so. */
  readonly leftOut: (path: string) => boolean
}

/**
 * Lists what Docker would send of a folder: all that the ignore file does not exclude, folders included, sorted by
 * path. A folder that is excluded stays when something in it is taken back (`!keep/this`). Sockets are skipped, as
 * Docker does. Synchronous: for thousands of small files, promises cost several times what the file system does.
 * @throws DeployError `build-context-invalid` when the folder cannot be read or holds a pipe or a device.
 */
export function listContext(folder: string, rules: ContextRules): ContextEntry[] {
  const matcher = dockerignore.default({ ignorecase: false }).add(patterns(rules.ignore))
  const takesBack = patterns(rules.ignore).some((pattern) => pattern.startsWith('!'))
  const entries = listFolder('', { folder, takesBack, ignored: (path) => matcher.ignores(path), leftOut: rules.leftOut })
  return entries.sort((a, b) => (a.path < b.path ? -1 : 1))
}

/**
 * The text of the ignore file: the one beside the Dockerfile, `<Dockerfile>.dockerignore`, wins over the context's
 * `.dockerignore`.
 */
export async function readIgnoreFile(folder: string, dockerfile: string): Promise<string> {
  return (await readIfThere(`${dockerfile}.dockerignore`)) ?? (await readIfThere(join(folder, '.dockerignore'))) ?? ''
}

type Walk = {
  readonly folder: string
  readonly takesBack: boolean
  readonly ignored: (path: string) => boolean
  readonly leftOut: (path: string) => boolean
}

function listFolder(folder: string, walk: Walk): ContextEntry[] {
  return readFolder(join(walk.folder, folder)).flatMap((entry) => listEntry(entry, folder === '' ? entry.name : `${folder}/${entry.name}`, walk))
}

function readFolder(path: string): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true })
  } catch (error) {
    throw new DeployError('build-context-invalid', `The build context "${path}" is not a folder that can be read`, {
      hint: 'Set "context" to a folder of the checkout; it is relative to "working-directory".',
      cause: error,
    })
  }
}

function listEntry(entry: Dirent, path: string, walk: Walk): ContextEntry[] {
  if (walk.leftOut(path)) return []
  const ignored = walk.ignored(path)
  if (entry.isDirectory()) return ignored && !walk.takesBack ? [] : listSubfolder(path, ignored, walk)
  if (ignored || entry.isSocket()) return []
  const source = join(walk.folder, path)
  if (entry.isSymbolicLink()) return [{ kind: 'symlink', path, target: readlinkSync(source) }]
  if (entry.isFile()) return [{ kind: 'file', path, source, executable: (lstatSync(source).mode & 0o100) !== 0 }]
  throw new DeployError('build-context-invalid', `"${source}" in the build context is neither a file nor a folder nor a link`, {
    hint: 'Remove it, or name it in .dockerignore.',
  })
}

function listSubfolder(path: string, ignored: boolean, walk: Walk): ContextEntry[] {
  const children = listFolder(path, walk)
  return ignored && children.length === 0 ? [] : [{ kind: 'directory', path }, ...children]
}

/**
 * Lines of an ignore file, with what means something to the matcher's regular expressions but nothing to Docker's
 * patterns escaped.
 */
function patterns(ignore: string): string[] {
  const lines = ignore.replace(/^\uFEFF/, '').split(/\r?\n/)
  return lines.map((line) => line.replace(/\\.|[+(){}|]/g, (part) => (part.startsWith('\\') ? part : `\\${part}`)))
}

async function readIfThere(path: string): Promise<string | undefined> {
  return existsSync(path) ? readFile(path, 'utf8') : undefined
}
