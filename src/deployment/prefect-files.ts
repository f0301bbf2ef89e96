import { glob, readFile, stat } from 'node:fs/promises'
import { relative, resolve } from 'node:path'
import { DeployError, messageOf, throwProblems } from '../errors.ts'
import type { FileOptions } from './deployment-problems.ts'
import { parsePrefectFiles } from './prefect-file.ts'
import type { FileText, PrefectFiles } from './prefect-file.ts'

export type PrefectFilesQuery = FileOptions & {
  /** Absolute; paths in messages are relative to it. */
  readonly workspace: string
  /** Absolute; what the patterns are relative to. */
  readonly directory: string
  /** Paths and globs. */
  readonly patterns: readonly string[]
}

/** What a glob does not look into: these hold packages, and Prefect's own has Prefect files. */
const PACKAGES = ['**/node_modules/**', '**/site-packages/**', '**/.git/**', '**/.venv/**']

/**
 * Reads the Prefect files that the patterns name, in the order of the patterns, those of one glob sorted by their paths;
 * each file once.
 * @throws DeployError with all problems of all files: those of `parsePrefectFiles`, and `prefect-file-missing`.
 */
export async function readPrefectFiles({ workspace, directory, patterns, ...options }: PrefectFilesQuery): Promise<PrefectFiles> {
  const found = await Promise.all(patterns.map((pattern) => settled(() => find(pattern, directory))))
  const paths = [...new Set(found.flatMap((result) => (result instanceof DeployError ? [] : result)))]
  const texts = await Promise.all(paths.map((path) => settled(() => readText(path, relative(workspace, path)))))
  const errors = [...found, ...texts].filter((result) => result instanceof DeployError)
  const read = texts.flatMap((result) => (result instanceof DeployError ? [] : [result]))
  const parse = () => parsePrefectFiles(read, options)
  if (errors.length === 0) return parse()
  const others = await settled(parse)
  throwProblems([...errors, ...(others instanceof DeployError ? [others] : [])])
  return parse()
}

async function find(pattern: string, directory: string): Promise<readonly string[]> {
  const path = resolve(directory, pattern)
  const isFile = await stat(path).then((found) => found.isFile(), () => false)
  if (isFile || !/[*?[\]{}]/.test(pattern)) return [path]
  const paths: string[] = []
  for await (const entry of glob(pattern, { cwd: directory, exclude: PACKAGES, withFileTypes: true })) {
    if (!entry.isDirectory()) paths.push(resolve(entry.parentPath, entry.name))
  }
  if (paths.length > 0) return paths.sort()
  throw new DeployError('prefect-file-missing', `prefect-file: "${pattern}" matches no file`, {
    hint: 'Check the inputs working-directory and prefect-file; globs do not look into installed packages.',
  })
}

/** In UTF-8, as Prefect reads it. */
async function readText(file: string, path: string): Promise<FileText> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new DeployError('prefect-file-missing', `${path} cannot be read: ${messageOf(error)}`, {
      hint: 'Check the inputs working-directory and prefect-file, and that a step before this one checks the repository out.',
      cause: error,
    })
  })
  try {
    return { path, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch {
    throw new DeployError('prefect-file-syntax', `${path} is not text in UTF-8`, { hint: 'Save it in UTF-8.', location: { file: path } })
  }
}

/** What is wrong with one file must not hide what is wrong with another. */
async function settled<T>(work: () => T | Promise<T>): Promise<T | DeployError> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof DeployError) return error
    throw error
  }
}
