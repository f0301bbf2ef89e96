import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import ignore from 'ignore'
import type { Ignore } from 'ignore'

/** A file of the project, `path` relative to it with slashes; `size` in bytes. */
export type ProjectFile = { readonly path: string; readonly size: number }

/**
 * The files that Prefect's `push_to_s3` copies: all, hidden ones too, but for what the ignore file names in gitignore's
 * words (prefect/utilities/filesystem `filter_files`); links to files are followed, links to folders are not. Git's own
 * folder is never copied: it holds the job's token, and differs in every checkout.
 */
export async function projectFiles(directory: string, ignoreFile: string | undefined): Promise<ProjectFile[]> {
  const ignored = await readIgnoreFile(directory, ignoreFile)
  const files: ProjectFile[] = []
  const walk = async (folder: string): Promise<void> => {
    for (const entry of await readdir(join(directory, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (path === '.git' || ignored?.ignores(entry.isDirectory() ? `${path}/` : path) === true) continue
      if (entry.isDirectory()) await walk(path)
      else if (entry.isFile() || entry.isSymbolicLink()) files.push(...(await fileAt(directory, path)))
    }
  }
  await walk('')
  return files.sort((a, b) => (a.path < b.path ? -1 : 1))
}

async function readIgnoreFile(directory: string, ignoreFile: string | undefined): Promise<Ignore | undefined> {
  const text = ignoreFile === undefined ? undefined : await readFile(join(directory, ignoreFile), 'utf8').catch(() => undefined)
  const patterns = text?.split(/\r\n|\r|\n/).map((line) => line.trim())
  return patterns && ignore({ ignorecase: false }).add(patterns)
}

/** None for a link to a folder, or to nothing. */
async function fileAt(directory: string, path: string): Promise<ProjectFile[]> {
  const found = await stat(join(directory, path)).catch(() => undefined)
  return found?.isFile() === true ? [{ path, size: found.size }] : []
}
