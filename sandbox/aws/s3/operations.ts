import type { ChecksumAlgorithm, GetObjectRequest, ListObjectsV2Output, ListObjectsV2Request, PutObjectRequest } from '@aws-sdk/client-s3'
import { authorize, refusal } from '../authorization.ts'
import { CommonError } from '../error.ts'
import type { Call } from '../operation.ts'
import type { Body } from './body.ts'
import type { Bucket, StoredObject } from './bucket.ts'
import { store } from './bucket.ts'
import { s3Error } from './error.ts'

/** An answer: headers, and an XML document, bytes or nothing. */
export type S3Answer = { readonly headers?: Readonly<Record<string, string>>; readonly document?: ListObjectsV2Output; readonly content?: Buffer }

/** What an operation gets: the input of its shape, which its parameter type describes, and the body. */
export type S3Operation = (input: never, call: Call, body: Body) => S3Answer

const PAGE = 1000

export const s3Operations: Readonly<Record<string, S3Operation>> = {
  ListObjectsV2: (request: ListObjectsV2Request, call) => {
    const { Bucket = '', Prefix = '' } = request
    authorize(call.principal, [{ action: 's3:ListBucket', resource: bucketArn(Bucket), context: { 's3:prefix': Prefix } }])
    return { document: pageOf(bucketOf(call, Bucket), request) }
  },
  PutObject: ({ Bucket = '', Key = '', ContentType }: PutObjectRequest, call, { content, checksums }) => {
    authorize(call.principal, [{ action: 's3:PutObject', resource: objectArn(Bucket, Key) }])
    const bucket = bucketOf(call, Bucket)
    const object = store(call.world, bucket, { key: Key, content, checksums, ...(ContentType !== undefined && { contentType: ContentType }) })
    return { headers: { etag: `"${object.etag}"`, ...checksumHeaders(object) } }
  },
  GetObject: (request: GetObjectRequest, call) => {
    const object = objectOf(call, request)
    return { headers: headersOf(object, request), content: object.content }
  },
  HeadObject: (request: GetObjectRequest, call) => ({ headers: headersOf(objectOf(call, request), request) }),
}

function pageOf({ objects }: Bucket, request: ListObjectsV2Request): ListObjectsV2Output {
  const { Bucket: Name = '', Prefix = '', MaxKeys = PAGE, StartAfter = '', ContinuationToken, EncodingType } = request
  if (request.Delimiter !== undefined) throw new CommonError('unknownOperation', 'The simulator does not group keys')
  const after = ContinuationToken === undefined ? StartAfter : Buffer.from(ContinuationToken, 'base64').toString()
  const keys = [...objects.keys()].filter((key) => key.startsWith(Prefix) && Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0)
  const sorted = keys.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  const page = sorted.slice(0, Math.min(MaxKeys, PAGE))
  const isTruncated = page.length < sorted.length
  const encode = (key: string) => (EncodingType === 'url' ? encodeURIComponent(key).replaceAll('%2F', '/') : key)
  return {
    Name, Prefix: encode(Prefix), MaxKeys, KeyCount: page.length, IsTruncated: isTruncated,
    ...(EncodingType !== undefined && { EncodingType }),
    ...(ContinuationToken !== undefined && { ContinuationToken }),
    ...(isTruncated && { NextContinuationToken: Buffer.from(page.at(-1) ?? '').toString('base64') }),
    Contents: page.map((key) => contentOf(encode(key), objects.get(key))),
  }
}

function contentOf(Key: string, object: StoredObject | undefined) {
  return { Key, LastModified: object?.lastModified, ETag: `"${object?.etag ?? ''}"`, Size: object?.content.length, StorageClass: 'STANDARD' as const, ...checksumsOf(object) }
}

function checksumsOf(object: StoredObject | undefined) {
  const algorithms = Object.keys(object?.checksums ?? {}).map((algorithm) => algorithm.toUpperCase() as ChecksumAlgorithm) // of those that readBody computes
  return algorithms.length === 0 ? {} : { ChecksumAlgorithm: algorithms, ChecksumType: 'FULL_OBJECT' as const }
}

/** Without the right to list, S3 does not tell whether an object is missing (S3 API reference, GetObject, Permissions). */
function objectOf(call: Call, { Bucket: name = '', Key: key = '', Range: range }: GetObjectRequest): StoredObject {
  authorize(call.principal, [{ action: 's3:GetObject', resource: objectArn(name, key) }])
  if (range !== undefined) throw new CommonError('unknownOperation', 'The simulator does not answer ranges')
  const object = bucketOf(call, name).objects.get(key)
  if (object !== undefined) return object
  const denial = refusal(call.principal, { action: 's3:ListBucket', resource: bucketArn(name), context: { 's3:prefix': key } })
  throw denial === undefined ? s3Error('NoSuchKey') : new CommonError('accessDenied', denial)
}

function bucketOf({ world }: Call, name: string): Bucket {
  const bucket = world.buckets.get(name)
  if (bucket === undefined) throw s3Error('NoSuchBucket')
  return bucket
}

function headersOf(object: StoredObject, { ChecksumMode }: GetObjectRequest): Record<string, string> {
  return {
    'content-length': String(object.content.length),
    'content-type': object.contentType,
    'last-modified': object.lastModified.toUTCString(),
    etag: `"${object.etag}"`,
    ...(ChecksumMode === 'ENABLED' && checksumHeaders(object)),
  }
}

function checksumHeaders({ checksums }: StoredObject): Record<string, string> {
  const headers = Object.fromEntries(Object.entries(checksums).map(([algorithm, value]) => [`x-amz-checksum-${algorithm}`, value]))
  return Object.keys(headers).length === 0 ? {} : { ...headers, 'x-amz-checksum-type': 'FULL_OBJECT' }
}

function bucketArn(bucket: string): string {
  return `arn:aws:s3:::${bucket}`
}

function objectArn(bucket: string, key: string): string {
  return `arn:aws:s3:::${bucket}/${key}`
}
