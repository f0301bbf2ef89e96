import { createHash } from 'node:crypto'
import type { ObjectStore, StoreAccess } from '../src/ports.ts'

export type FakeObjects = ObjectStore & {
  /** Texts by `s3://bucket/key`. */
  readonly texts: Map<string, string>
  /** Keys in the order in which they were written. */
  readonly written: readonly string[]
  /** With what other credentials it was asked. */
  readonly accesses: readonly StoreAccess[]
}

/** A store in memory; with `isEncrypted` its ETags say nothing, and its checksums do. */
export function createFakeObjects({ isEncrypted = false } = {}): FakeObjects {
  const texts = new Map<string, string>()
  const written: string[] = []
  const accesses: StoreAccess[] = []
  const hash = (algorithm: string, text: string, encoding: 'hex' | 'base64') => createHash(algorithm).update(text).digest(encoding)
  const store: FakeObjects = {
    texts, written, accesses,
    withAccess: (access) => {
      accesses.push(access)
      return store
    },
    list: (bucket, prefix) => Promise.resolve([...texts].flatMap(([url, text]) => {
      const key = url.slice(`s3://${bucket}/`.length)
      if (!url.startsWith(`s3://${bucket}/${prefix}`)) return []
      return [{ key, size: Buffer.byteLength(text), etag: isEncrypted ? 'f'.repeat(32) : hash('md5', text, 'hex') }]
    })),
    checksumOf: (bucket, key) => Promise.resolve(isEncrypted ? hash('sha256', texts.get(`s3://${bucket}/${key}`) ?? '', 'base64') : undefined),
    get: (bucket, key) => {
      const text = texts.get(`s3://${bucket}/${key}`)
      return Promise.resolve(text === undefined ? undefined : Buffer.from(text))
    },
    put: ({ bucket, key, content }) => {
      texts.set(`s3://${bucket}/${key}`, Buffer.from(content).toString())
      written.push(key)
      return Promise.resolve()
    },
  }
  return store satisfies ObjectStore
}
