import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ObjectStore, StoredObject } from '../ports.ts'
import { concurrently } from './concurrently.ts'
import { projectFiles } from './project-files.ts'
import type { ProjectFile } from './project-files.ts'
import type { FolderCopy } from './s3-folder.ts'

/** What a copy would do; `changed` are new or differ from the object of their key. */
export type FolderDiff = { readonly changed: readonly ProjectFile[]; readonly unchanged: number }

export type CopyContext = {
  readonly objects: ObjectStore
  /** Absolute; its files are copied. */
  readonly projectDirectory: string
}

/** Files that are read, hashed or written at once; each is in memory whole. */
const AT_ONCE = 8

/** @throws DeployError `bucket-unusable`. */
export async function compareFolder(copy: FolderCopy, { objects, projectDirectory }: CopyContext): Promise<FolderDiff> {
  const store = objects.withAccess(copy.access)
  const [files, stored] = await Promise.all([projectFiles(projectDirectory, copy.ignoreFile), store.list(copy.bucket, copy.prefix)])
  const byKey = new Map(stored.map((object) => [object.key, object]))
  const changed = new Set<ProjectFile>()
  await concurrently(files, () => AT_ONCE, async (file) => {
    const object = byKey.get(copy.prefix + file.path)
    const path = join(projectDirectory, file.path)
    const isSame = object?.size === file.size && (await hasContent(object, path, { store, bucket: copy.bucket }))
    if (!isSame) changed.add(file)
  })
  return { changed: files.filter((file) => changed.has(file)), unchanged: files.length - changed.size }
}

/** Writes what differs. Nothing is deleted: the folder may hold more than this project. @throws DeployError `bucket-unusable`. */
export async function copyFolder(copy: FolderCopy, context: CopyContext): Promise<FolderDiff> {
  const diff = await compareFolder(copy, context)
  const store = context.objects.withAccess(copy.access)
  await concurrently(diff.changed, () => AT_ONCE, async ({ path }) => {
    await store.put({ bucket: copy.bucket, key: copy.prefix + path, content: await readFile(join(context.projectDirectory, path)) })
  })
  return diff
}

/** An ETag is the content's MD5 but for objects written in parts or encrypted with KMS (S3 API reference, Object). */
async function hasContent(
  { key, etag }: StoredObject, path: string, { store, bucket }: { readonly store: ObjectStore; readonly bucket: string },
): Promise<boolean> {
  const content = await readFile(path)
  if (createHash('md5').update(content).digest('hex') === etag) return true
  return (await store.checksumOf(bucket, key)) === createHash('sha256').update(content).digest('base64')
}
