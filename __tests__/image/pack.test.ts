import { describe, expect, it } from '@jest/globals'
import { createHash } from 'node:crypto'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { extract } from 'tar-stream'
import type { Header } from 'tar-stream'
import { aBuildSpec, createFolder, writeContent } from '../../__fixtures__/build-folder.ts'
import { FOREIGN_DOCKERFILE, readBuildInputs } from '../../src/image/fingerprint.ts'
import type { HashedEntry } from '../../src/image/fingerprint.ts'
import { packContext } from '../../src/image/pack.ts'

const LONG_NAME = `${'long/'.repeat(60)}ünïcode.txt`
const FILES = {
  Dockerfile: 'FROM x\nCOPY . .', '.dockerignore': 'secret', secret: 'no', 'run.sh': { text: '#!/bin/sh', mode: 0o700 }, empty: '',
  folder: { folder: true },
  link: { link: 'run.sh' }, large: 'x'.repeat(200_000), [LONG_NAME]: 'long',
} as const

type Packed = Header & { readonly digest: string }

async function unpack(tar: NodeJS.ReadableStream): Promise<Packed[]> {
  const entries: Packed[] = []
  for await (const entry of tar.pipe(extract())) {
    entries.push({ ...entry.header, digest: createHash('sha256').update(await buffer(entry)).digest('hex') })
  }
  return entries
}

function asHashed({ name, type, linkname, digest, mode }: Packed): Partial<HashedEntry> {
  if (type === 'directory') return { kind: 'directory', path: name.replace(/\/$/, '') }
  if (type === 'symlink') return { kind: 'symlink', path: name, target: linkname }
  return { kind: 'file', path: name, executable: mode === 0o755, digest }
}

describe('the packed context', () => {
  it('is exactly what was hashed', async () => {
    const inputs = await readBuildInputs(aBuildSpec(createFolder(FILES)))

    const [root, ...entries] = await unpack(packContext(inputs))

    expect(root).toMatchObject({ name: './', type: 'directory' })
    expect(entries.map(asHashed)).toEqual(inputs.entries.map((entry) => ({
      kind: entry.kind, path: entry.path,
      ...(entry.kind === 'symlink' && { target: entry.target }),
      ...(entry.kind === 'file' && { executable: entry.executable, digest: entry.digest }),
    })))
  })

  it('has no owner, time or mode of this machine', async () => {
    const entries = await unpack(packContext(await readBuildInputs(aBuildSpec(createFolder(FILES)))))

    expect(new Set(entries.map(({ uid, gid, mtime }) => `${uid} ${gid} ${mtime.toISOString()}`)))
      .toEqual(new Set(['0 0 2000-01-01T00:00:00.000Z']))
    expect(new Set(entries.filter(({ type }) => type === 'file').map(({ mode }) => mode))).toEqual(new Set([0o644, 0o755]))
  })

  it('is the same bytes for the same fingerprint', async () => {
    const again = createFolder(FILES)
    chmodSync(join(again, 'empty'), 0o600)

    const pack = async (folder: string) => buffer(packContext(await readBuildInputs(aBuildSpec(folder))))
    const [first, second] = await Promise.all([createFolder(FILES), again].map(pack))

    expect(first?.equals(second ?? Buffer.alloc(0))).toBe(true)
  })

  it('starts with a header that tells buildx that it is a tar, whatever the first file is called', async () => {
    const folder = createFolder({ [`!${'n'.repeat(150)}`]: '', Dockerfile: 'FROM x' })

    const bytes = await buffer(packContext(await readBuildInputs(aBuildSpec(folder))))

    expect(bytes.subarray(257, 262).toString()).toBe('ustar')
    expect(bytes.subarray(156, 157).toString()).toBe('5') // a folder, no extended header
  })

  it('holds a Dockerfile from outside under a name of its own', async () => {
    const folder = createFolder({ 'docker/Dockerfile': 'FROM elsewhere', 'flows/a.py': '' })
    const inputs = await readBuildInputs(aBuildSpec(folder, { context: 'flows', dockerfile: 'docker/Dockerfile' }))

    expect((await unpack(packContext(inputs))).map(({ name }) => name)).toEqual(['./', FOREIGN_DOCKERFILE, 'a.py'])
  })

  const changes: [string, string][] = [['shorter', ''], ['longer', 'FROM x\nCOPY . . # and more'], ['different', 'FROM y\nCOPY . .']]
  it.each(changes)('fails when a file has become %s since it was hashed', async (_, text) => {
    const folder = createFolder(FILES)
    const inputs = await readBuildInputs(aBuildSpec(folder))
    writeContent(join(folder, 'Dockerfile'), text)

    await expect(buffer(packContext(inputs))).rejects.toMatchObject({
      code: 'build-context-invalid', message: '"Dockerfile" changed between reading the build context and building it',
    })
  })

  it('fails when a file is gone since it was hashed', async () => {
    const inputs = await readBuildInputs(aBuildSpec(createFolder(FILES)))
    const gone = inputs.entries.map((entry) => (entry.path === 'large' && entry.kind === 'file' ? { ...entry, source: '/nowhere' } : entry))

    await expect(buffer(packContext({ entries: gone }))).rejects.toMatchObject({ code: 'ENOENT' })
  })
})
