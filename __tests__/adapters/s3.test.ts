import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { createObjectStore } from '../../src/adapters/s3.ts'
import type { ObjectStore } from '../../src/ports.ts'
import type { PolicyDocument } from '../../sandbox/aws/policy-document.ts'
import { startAccount } from '../sandbox/aws-account.ts'
import type { TestAccount } from '../sandbox/aws-account.ts'

let account: TestAccount
let objects: ObjectStore

beforeAll(async () => {
  account = await startAccount()
})

afterAll(async () => {
  await account.stop()
})

beforeEach(async () => {
  await account.control.reset()
  await account.control.createBucket({ name: 'code' })
  objects = await store()
})

async function store(...statements: PolicyDocument['Statement']): Promise<ObjectStore> {
  const policy: PolicyDocument | undefined = statements.length === 0 ? undefined : { Version: '2012-10-17', Statement: statements }
  const { region, endpoint, credentials } = await account.client(policy)
  return createObjectStore({ region, credentials: () => Promise.resolve(credentials) }).withAccess({ endpoint })
}

const md5 = (text: string) => createHash('md5').update(text).digest('hex')

describe('objects', () => {
  it.each(['a text', ''])('are written whole, with a checksum that can be asked for: %j', async (text) => {
    await objects.put({ bucket: 'code', key: 'flows/a b.py', content: Buffer.from(text) })

    expect(await objects.list('code', 'flows/')).toEqual([{ key: 'flows/a b.py', size: text.length, etag: md5(text) }])
    expect(await objects.checksumOf('code', 'flows/a b.py')).toBe(createHash('sha256').update(text).digest('base64'))
    expect(await account.control.defects()).toEqual([])
  })

  it('have no checksum that were written without one, or that are gone', async () => {
    await account.control.createBucket({ name: 'old', objects: { a: 'x' } })

    expect(await objects.checksumOf('old', 'a')).toBeUndefined()
    expect(await objects.checksumOf('old', 'gone')).toBeUndefined()
  })

  it('are read whole, and not found where they are not', async () => {
    await objects.put({ bucket: 'code', key: 'a', content: Buffer.from('a text') })

    expect(Buffer.from((await objects.get('code', 'a')) ?? []).toString()).toBe('a text')
    expect(await objects.get('code', 'gone')).toBeUndefined()
    await expect(objects.get('nowhere', 'a')).rejects.toMatchObject({ code: 'bucket-unusable' })
  })

  it('are listed to the last page, and no others', async () => {
    const keys = Array.from({ length: 2001 }, (_, index) => `f/${String(index).padStart(4, '0')}+ü`)
    await account.control.createBucket({ name: 'many', objects: Object.fromEntries([...keys, 'other', 'f'].map((key) => [key, ''])) })

    expect((await objects.list('many', 'f/')).map(({ key }) => key)).toEqual(keys)
  })

  it('are asked for with the credentials that are given', async () => {
    const { credentials } = await account.client()
    const denied = await store({ Effect: 'Deny', Action: '*', Resource: '*' })

    await expect(denied.withAccess({ credentials }).list('code', '')).resolves.toEqual([])
    await expect(denied.list('code', '')).rejects.toMatchObject({ code: 'bucket-unusable' })
  })

  it('are written in spite of a fault that passes', async () => {
    await account.control.fault({ service: 's3', operation: 'PutObject', times: 2, kind: '503' })
    await objects.put({ bucket: 'code', key: 'a', content: Buffer.from('x') })

    expect((await account.control.state()).buckets).toMatchObject({ code: { a: { text: 'x' } } })
  })
})

describe('a bucket that cannot be used', () => {
  it('is one that is not there', async () => {
    const refused = { code: 'bucket-unusable', message: 'There is no bucket other', hint: expect.stringContaining('Create it') }

    await expect(objects.list('other', '')).rejects.toMatchObject(refused)
    await expect(objects.put({ bucket: 'other', key: 'a', content: Buffer.from('') })).rejects.toMatchObject(refused)
  })

  it.each<[string, (denied: ObjectStore) => Promise<unknown>]>([
    ['s3:ListBucket on bucket code', (denied) => denied.list('code', '')],
    ['s3:PutObject on s3://code/a', (denied) => denied.put({ bucket: 'code', key: 'a', content: Buffer.from('') })],
    ['s3:GetObject on s3://code/a', (denied) => denied.checksumOf('code', 'a')],
  ])('is one where the credentials may not do %s', async (what, work) => {
    const denied = await store({ Effect: 'Allow', Action: 'ecs:*', Resource: '*' })

    await expect(work(denied)).rejects.toMatchObject({ code: 'bucket-unusable', message: expect.stringContaining(what), hint: expect.stringContaining('docs/permissions.md') })
  })

  it('is one that another error of AWS keeps away', async () => {
    await account.control.fault({ service: 's3', operation: 'ListObjectsV2', times: 1, kind: { code: 'InvalidRequest', message: 'No.', status: 400 } })

    await expect(objects.list('code', '')).rejects.toMatchObject({ code: 'aws-request-failed', message: expect.stringContaining('InvalidRequest: No.') })
  })
})
