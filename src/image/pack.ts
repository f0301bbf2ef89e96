import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { pack } from 'tar-stream'
import type { Pack } from 'tar-stream'
import { DeployError } from '../errors.ts'
import type { BuildInputs, HashedEntry, HashedFile } from './fingerprint.ts'

/** The same for every file, so that equal contexts give equal tars; ZIP files, and so wheels, cannot date before 1980. */
const MODIFIED = new Date('2000-01-01T00:00:00Z')

/**
 * A tar of exactly the files that the fingerprint covers, owned by root. The stream fails with
 * `build-context-invalid` when a file is no longer the one that was hashed.
 */
export function packContext({ entries }: Pick<BuildInputs, 'entries'>): Readable {
  const tar = pack()
  write(tar, entries).catch((error: unknown) => { tar.destroy(error instanceof Error ? error : new Error(String(error))) })
  return Readable.from(tar, { objectMode: false })
}

async function write(tar: Pack, entries: readonly HashedEntry[]): Promise<void> {
  // buildx tells a tar from a Dockerfile by its first 512 bytes, which an extended header (a long name) would fill.
  tar.entry({ name: './', type: 'directory', mode: 0o755, mtime: MODIFIED })
  for (const entry of entries) await writeEntry(tar, entry)
  tar.finalize()
}

async function writeEntry(tar: Pack, entry: HashedEntry): Promise<void> {
  switch (entry.kind) {
    case 'directory':
      tar.entry({ name: `${entry.path}/`, type: 'directory', mode: 0o755, mtime: MODIFIED })
      return
    case 'symlink':
      tar.entry({ name: entry.path, type: 'symlink', linkname: entry.target, mode: 0o777, mtime: MODIFIED })
      return
    case 'file':
      await writeFile(tar, entry)
  }
}

async function writeFile(tar: Pack, entry: HashedFile): Promise<void> {
  const header = { name: entry.path, size: entry.size, mode: entry.executable ? 0o755 : 0o644, mtime: MODIFIED }
  await pipeline(createReadStream(entry.source), (chunks: AsyncIterable<Buffer>) => verified(chunks, entry), tar.entry(header))
}

async function* verified(chunks: AsyncIterable<Buffer>, entry: HashedFile): AsyncGenerator<Buffer> {
  const hash = createHash('sha256')
  let size = 0
  for await (const chunk of chunks) {
    size += chunk.length
    if (size > entry.size) throw changed(entry.path)
    hash.update(chunk)
    yield chunk
  }
  if (hash.digest('hex') !== entry.digest) throw changed(entry.path)
}

function changed(path: string): DeployError {
  return new DeployError('build-context-invalid', `"${path}" changed between reading the build context and building it`, {
    hint: 'Nothing else may write to the checkout while this step runs.',
  })
}
