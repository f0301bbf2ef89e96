import { createHash, randomBytes } from 'node:crypto'
import type { World } from '../world.ts'

/** An object, with the checksums it was sent with, by algorithm and in base64. */
export type StoredObject = {
  readonly content: Buffer
  /** Without quotes. */
  readonly etag: string
  readonly lastModified: Date
  readonly contentType: string
  readonly checksums: Readonly<Record<string, string>>
}

export type Bucket = { readonly isEncryptedWithKms: boolean; readonly objects: Map<string, StoredObject> }

export type BucketRequest = {
  readonly name: string
  /** Its ETags then say nothing of the content. */
  readonly isEncryptedWithKms?: boolean
  /** Text by key. */
  readonly objects?: Readonly<Record<string, string>>
}

export function createBucket(world: World, { name, isEncryptedWithKms = false, objects = {} }: BucketRequest): void {
  const bucket: Bucket = { isEncryptedWithKms, objects: new Map() }
  world.buckets.set(name, bucket)
  for (const [key, text] of Object.entries(objects)) store(world, bucket, { key, content: Buffer.from(text) })
}

export type NewObject = Pick<StoredObject, 'content'> & Partial<Pick<StoredObject, 'contentType' | 'checksums'>> & { readonly key: string }

/** An ETag is the MD5 of a content that is not encrypted with a key of KMS (S3 API reference, Object). */
export function store({ timeline }: World, bucket: Bucket, { key, content, contentType = 'binary/octet-stream', checksums = {} }: NewObject): StoredObject {
  const etag = bucket.isEncryptedWithKms ? randomBytes(16).toString('hex') : createHash('md5').update(content).digest('hex')
  const stored = { content, etag, lastModified: timeline.now(), contentType, checksums }
  bucket.objects.set(key, stored)
  return stored
}
