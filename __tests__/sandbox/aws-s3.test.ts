import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, paginateListObjectsV2, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import type { ListObjectsV2CommandOutput } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { createFolder } from '../../__fixtures__/build-folder.ts'
import { venv } from '../../sandbox/paths.ts'
import { readBody } from '../../sandbox/aws/s3/body.ts'
import type { PolicyDocument } from '../../sandbox/aws/policy-document.ts'
import { startAccount } from './aws-account.ts'
import type { TestAccount } from './aws-account.ts'

const KEY = 'flows/a b/ü+%&=.py'

let account: TestAccount
let client: S3Client

beforeAll(async () => {
  account = await startAccount()
})

afterAll(async () => {
  await account.stop()
})

beforeEach(async () => {
  await account.control.reset()
  await account.control.createBucket({ name: 'code' })
  client = new S3Client(await account.client())
})

async function clientWith(...statements: PolicyDocument['Statement']) {
  return new S3Client(await account.client({ Version: '2012-10-17', Statement: statements }))
}

const put = (key: string, text = 'x', options = {}) => client.send(new PutObjectCommand({ Bucket: 'code', Key: key, Body: text, ...options }))
const keysOf = ({ Contents = [] }: ListObjectsV2CommandOutput) => Contents.map(({ Key }) => Key)

describe('the simulated S3', () => {
  it.each([{}, { ChecksumAlgorithm: 'SHA256' }, { ChecksumAlgorithm: 'CRC32' }, { ChecksumAlgorithm: 'SHA1' }])('gives back what was put with %j', async (options) => {
    const { ETag } = await put(KEY, 'print(1)', options)

    const got = await client.send(new GetObjectCommand({ Bucket: 'code', Key: KEY }))

    expect(await got.Body?.transformToString()).toBe('print(1)')
    expect(ETag).toBe(`"${createHash('md5').update('print(1)').digest('hex')}"`)
    expect(got.ETag).toBe(ETag)
  })

  it('keeps the checksum of an object, and tells it to who asks for it', async () => {
    await put('a', 'text', { ChecksumAlgorithm: 'SHA256' })

    const asked = await client.send(new HeadObjectCommand({ Bucket: 'code', Key: 'a', ChecksumMode: 'ENABLED' }))
    const unasked = await client.send(new HeadObjectCommand({ Bucket: 'code', Key: 'a' }))

    expect(asked.ChecksumSHA256).toBe(createHash('sha256').update('text').digest('base64'))
    expect(unasked.ChecksumSHA256).toBeUndefined()
    expect(unasked.ContentLength).toBe(4)
  })

  it('lists keys in the order of their bytes, page by page', async () => {
    for (const key of ['b', 'a/2', 'a/10', 'Z', 'ü', 'a0']) await put(key)

    const pages = []
    for await (const page of paginateListObjectsV2({ client, pageSize: 2 }, { Bucket: 'code' })) pages.push(keysOf(page))

    expect(pages).toEqual([['Z', 'a/10'], ['a/2', 'a0'], ['b', 'ü']])
    expect(keysOf(await client.send(new ListObjectsV2Command({ Bucket: 'code', Prefix: 'a/' })))).toEqual(['a/10', 'a/2'])
  })

  it('lists no more than a thousand keys at once', async () => {
    const objects = Object.fromEntries(Array.from({ length: 1001 }, (_, index) => [`k${String(index).padStart(4, '0')}`, '']))
    await account.control.createBucket({ name: 'many', objects })

    const { KeyCount, IsTruncated } = await client.send(new ListObjectsV2Command({ Bucket: 'many', MaxKeys: 5000 }))

    expect({ KeyCount, IsTruncated }).toEqual({ KeyCount: 1000, IsTruncated: true })
  })

  it('has ETags of no meaning in a bucket that KMS encrypts', async () => {
    await account.control.createBucket({ name: 'kms', isEncryptedWithKms: true })

    const { ETag } = await client.send(new PutObjectCommand({ Bucket: 'kms', Key: 'a', Body: 'x' }))

    expect(ETag).toMatch(/^"[0-9a-f]{32}"$/)
    expect(ETag).not.toContain(createHash('md5').update('x').digest('hex'))
  })

  it.each([
    ['NoSuchBucket', new ListObjectsV2Command({ Bucket: 'other' }), 404],
    ['NoSuchBucket', new PutObjectCommand({ Bucket: 'other', Key: 'a', Body: 'x' }), 404],
    ['NoSuchKey', new GetObjectCommand({ Bucket: 'code', Key: 'missing' }), 404],
    ['NotFound', new HeadObjectCommand({ Bucket: 'code', Key: 'missing' }), 404],
    ['BadDigest', new PutObjectCommand({ Bucket: 'code', Key: 'a', Body: 'x', ChecksumSHA256: createHash('sha256').update('y').digest('base64') }), 400],
    ['BadDigest', new PutObjectCommand({ Bucket: 'code', Key: 'a', Body: 'x', ContentMD5: createHash('md5').update('y').digest('base64') }), 400],
    ['InvalidArgument', new PutObjectCommand({ Bucket: 'code', Key: 'k'.repeat(1), Body: 'x', StorageClass: 'NONE' as 'STANDARD' }), 400],
  ])('answers %s as AWS does (%#)', async (name, command, status) => {
    await expect(client.send(command as GetObjectCommand)).rejects.toMatchObject({ name, $metadata: { httpStatusCode: status } })
  })

  it('refuses a wrong secret, and a request that nobody signed', async () => {
    const configuration = await account.client()
    const forger = new S3Client({ ...configuration, credentials: { ...configuration.credentials, secretAccessKey: 'forged' } })

    await expect(forger.send(new ListObjectsV2Command({ Bucket: 'code' }))).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' })
    expect((await fetch(`${account.url}/code?list-type=2`)).status).toBe(403)
  })

  it('notes requests without what was put', async () => {
    await put('a', 'content')

    expect(await account.control.journal()).toMatchObject([
      { service: 's3', operation: 'PutObject', write: true, status: 200, request: { Bucket: 'code', Key: 'a' } },
    ])
    expect((await account.control.state()).buckets).toEqual({ code: { a: { size: 7, etag: expect.any(String), text: 'content' } } })
  })

  it('goes wrong as it is told', async () => {
    await account.control.fault({ service: 's3', operation: 'PutObject', times: 1, kind: 'throttle' })

    await expect(put('a')).rejects.toMatchObject({ name: 'SlowDown', $metadata: { httpStatusCode: 503 } })
    await expect(put('a')).resolves.toBeDefined()
    await expect(account.control.fault({ service: 's3', operation: 'PutObject', times: 1, kind: { code: 'Nonsense', message: '', status: 400 } })).rejects.toThrow()
  })
})

describe('a body in chunks', () => {
  const chunked = (text: string, length = 6, checksum = createHash('sha256').update('abcdef').digest('base64')) => {
    const headers = { 'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER', 'x-amz-decoded-content-length': String(length) }
    return readBody({ method: 'PUT', url: '/code/a', headers, body: Buffer.from(`${text}x-amz-checksum-sha256:${checksum}\r\n\r\n`) })
  }

  it('is put together, and its trailing checksum is looked at', () => {
    expect(chunked('4\r\nabcd\r\n2\r\nef\r\n0\r\n').content.toString()).toBe('abcdef')
  })

  it.each([
    ['the checksum of other bytes', '6\r\nabcdeX\r\n0\r\n', 6, 'BadDigest'],
    ['another length', '6\r\nabcdef\r\n0\r\n', 7, 'IncompleteBody'],
    ['no end', '6\r\nabcdef\r\n', 6, 'IncompleteBody'],
  ])('is refused with %s', (_, text, length, code) => {
    expect(() => chunked(text, length)).toThrow(expect.objectContaining({ code }))
  })
})

describe('permissions of S3', () => {
  it('are looked at for every operation', async () => {
    const reader = await clientWith({ Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::code/flows/*' })
    await put('flows/a')
    await put('other/a')

    await expect(reader.send(new GetObjectCommand({ Bucket: 'code', Key: 'flows/a' }))).resolves.toBeDefined()
    await expect(reader.send(new GetObjectCommand({ Bucket: 'code', Key: 'other/a' }))).rejects.toMatchObject({ name: 'AccessDenied' })
    await expect(reader.send(new PutObjectCommand({ Bucket: 'code', Key: 'flows/b', Body: 'x' }))).rejects.toMatchObject({
      name: 'AccessDenied', message: expect.stringContaining('not authorized to perform: s3:PutObject on resource: arn:aws:s3:::code/flows/b'),
    })
    await expect(reader.send(new ListObjectsV2Command({ Bucket: 'code', Prefix: 'flows/' }))).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } })
  })

  it('to list tell a missing object from a forbidden one', async () => {
    const reader = await clientWith({ Effect: 'Allow', Action: 's3:GetObject', Resource: '*' })

    await expect(reader.send(new GetObjectCommand({ Bucket: 'code', Key: 'missing' }))).rejects.toMatchObject({ name: 'AccessDenied' })
  })

  it('may be bound to a prefix', async () => {
    const lister = await clientWith({ Effect: 'Allow', Action: 's3:ListBucket', Resource: 'arn:aws:s3:::code', Condition: { StringLike: { 's3:prefix': 'flows/*' } } })

    await expect(lister.send(new ListObjectsV2Command({ Bucket: 'code', Prefix: 'flows/' }))).resolves.toBeDefined()
    await expect(lister.send(new ListObjectsV2Command({ Bucket: 'code' }))).rejects.toMatchObject({ name: 'AccessDenied' })
  })
})

const PYTHON = `
import os, sys
from prefect_aws.deployments.steps import pull_from_s3, push_to_s3
client = {"endpoint_url": sys.argv[1]}
credentials = {"aws_access_key_id": sys.argv[2], "aws_secret_access_key": sys.argv[3], "region_name": "eu-central-1"}
print(push_to_s3("code", "from/python", credentials, client))
os.chdir(sys.argv[4])
print(pull_from_s3("code", "from/python", credentials, client))
`

describe("Prefect's own steps, with boto3", () => {
  it('push to it and pull from it', async () => {
    const source = createFolder({ 'flow.py': 'x = 1', 'a b/ü+.py': 'y', empty: '' })
    const target = createFolder({})
    const { credentials } = await account.client()
    const environment = { PATH: process.env.PATH, HOME: target, PREFECT_SERVER_ANALYTICS_ENABLED: 'false', DO_NOT_TRACK: '1' }

    await promisify(execFile)(join(venv, 'bin/python'), ['-c', PYTHON, account.url, credentials.accessKeyId, credentials.secretAccessKey, target], {
      cwd: source, env: environment,
    })

    const { code = {} } = (await account.control.state()).buckets
    expect(Object.keys(code).sort()).toEqual(['from/python/a b/ü+.py', 'from/python/empty', 'from/python/flow.py'])
    expect(await promisify(execFile)('diff', ['-r', '--exclude=.prefect', source, target])).toMatchObject({ stdout: '' })
    expect(await account.control.defects()).toEqual([])
  }, 60_000)
})
