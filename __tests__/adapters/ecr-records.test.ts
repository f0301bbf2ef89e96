import { afterEach, describe, expect, it } from '@jest/globals'
import { awsError, startWire } from '../../__fixtures__/aws-wire.ts'
import type { Wire, WireAnswer, WireRequest } from '../../__fixtures__/aws-wire.ts'
import { createRecords } from '../../src/adapters/ecr-records.ts'
import { ARTIFACT_TYPE, digestOf, MANIFEST_TYPE, recordManifest } from '../../src/record/manifest.ts'

const TAG = 'release-default-20261124T100000000Z-0f6a77621c0e'
const TEXT = '{"version": 1}\n'
const IMAGE = JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST_TYPE })
const SUBJECT = { mediaType: MANIFEST_TYPE, digest: digestOf(Buffer.from(IMAGE)), size: IMAGE.length }
const RECORD = recordManifest(Buffer.from(TEXT), SUBJECT)
const WRITTEN = ['BatchGetImage', 'BatchCheckLayerAvailability', 'InitiateLayerUpload', 'UploadLayerPart', 'CompleteLayerUpload', 'PutImage']

let wire: Wire | undefined
const before = process.env.AWS_ENDPOINT_URL

afterEach(async () => {
  if (before === undefined) delete process.env.AWS_ENDPOINT_URL
  else process.env.AWS_ENDPOINT_URL = before
  await wire?.close()
})

type Answers = Readonly<Record<string, (request: WireRequest) => WireAnswer>>

async function arrange(answers: Answers) {
  const started = await startWire((request) => answers[request.operation]?.(request))
  wire = started
  process.env.AWS_ENDPOINT_URL = started.url
  const credentials = () => Promise.resolve({ accessKeyId: 'AKIA', secretAccessKey: 'secret' })
  return { records: createRecords({ region: 'eu-central-1', credentials }).in('flows'), wire: started }
}

function manifest(imageManifest: string): Answers {
  const imageId = { imageDigest: digestOf(Buffer.from(imageManifest)) }
  return { BatchGetImage: () => ({ body: { images: [{ imageId, imageManifest, imageManifestMediaType: MANIFEST_TYPE }], failures: [] } }) }
}

/** A repository that has the image and the empty configuration, and takes all else in parts of ten bytes. */
function taking(overrides: Answers = {}): Answers {
  return {
    ...manifest(IMAGE),
    BatchCheckLayerAvailability: ({ body }) => {
      const digests = body.layerDigests as readonly string[]
      return { body: { layers: digests.map((layerDigest, index) => ({ layerDigest, layerAvailability: index === 0 ? 'AVAILABLE' : 'UNAVAILABLE' })), failures: [] } }
    },
    InitiateLayerUpload: () => ({ body: { uploadId: 'upload-1', partSize: 10 } }),
    UploadLayerPart: () => ({ body: {} }),
    CompleteLayerUpload: () => ({ body: {} }),
    PutImage: () => ({ body: {} }),
    ...overrides,
  }
}

describe('the tags of a repository', () => {
  it('are read page by page', async () => {
    const { records, wire: { requests } } = await arrange({
      DescribeImages: ({ body: { nextToken } }) => ({
        body: nextToken === undefined ? { imageDetails: [{ imageTags: ['v1', TAG] }], nextToken: 'more' } : { imageDetails: [{ imageTags: ['v2'] }, {}] },
      }),
    })

    await expect(records.list()).resolves.toEqual(['v1', TAG, 'v2'])
    expect(requests.map(({ body }) => body)).toMatchObject([
      { repositoryName: 'flows', maxResults: 1000, filter: { tagStatus: 'TAGGED' } }, { maxResults: 1000, nextToken: 'more' },
    ])
  })

  it('are none where there is no repository', async () => {
    const { records } = await arrange({ DescribeImages: () => awsError('RepositoryNotFoundException', 'It does not exist') })

    await expect(records.list()).resolves.toEqual([])
  })

  it('that may not be read are an error that names the permission', async () => {
    const { records } = await arrange({ DescribeImages: () => awsError('AccessDeniedException', 'User: u is not authorized to perform: ecr:DescribeImages on resource: r') })

    await expect(records.list()).rejects.toMatchObject({ code: 'aws-access-denied', message: 'AWS does not let u do ecr:DescribeImages on r' })
  })
})

describe('a record', () => {
  it('is written as an artifact about its image, in parts of the size that ECR says, and without what is there already', async () => {
    const { records, wire: sent } = await arrange(taking())
    await records.write({ tag: TAG, text: TEXT, imageDigest: SUBJECT.digest })

    expect([...new Set(sent.requests.map(({ operation }) => operation))]).toEqual(WRITTEN)
    expect(sent.of('UploadLayerPart').map(({ body: { partFirstByte, partLastByte, layerPartBlob } }) => [partFirstByte, partLastByte, Buffer.from(String(layerPartBlob), 'base64').toString()]))
      .toEqual([[0, 9, TEXT.slice(0, 10)], [10, TEXT.length - 1, TEXT.slice(10)]])
    expect(sent.of('CompleteLayerUpload')).toMatchObject([{ body: { uploadId: 'upload-1', layerDigests: [digestOf(Buffer.from(TEXT))] } }])
    expect(sent.of('PutImage')).toMatchObject([{ body: { imageTag: TAG, imageManifest: RECORD, imageManifestMediaType: MANIFEST_TYPE } }])
    expect(JSON.parse(RECORD)).toEqual({
      schemaVersion: 2, mediaType: MANIFEST_TYPE, artifactType: ARTIFACT_TYPE,
      config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', size: 2 },
      layers: [{ mediaType: ARTIFACT_TYPE, digest: digestOf(Buffer.from(TEXT)), size: TEXT.length }],
      subject: SUBJECT,
    })
  })

  it.each([['CompleteLayerUpload', 'LayerAlreadyExistsException'], ['PutImage', 'ImageAlreadyExistsException']])('is written when %s says that the same is there', async (operation, code) => {
    const { records, wire: sent } = await arrange(taking({ [operation]: () => awsError(code, 'It exists') }))
    await records.write({ tag: TAG, text: TEXT, imageDigest: SUBJECT.digest })

    expect(sent.of('PutImage')).toHaveLength(1)
  })

  it('is not written about an image that is no longer there', async () => {
    const { records } = await arrange({ BatchGetImage: () => ({ body: { images: [], failures: [] } }) })

    await expect(records.write({ tag: TAG, text: TEXT, imageDigest: SUBJECT.digest })).rejects.toMatchObject({ code: 'image-missing' })
  })

  const layer = (downloaded: string, status = 200): Answers => ({
    ...manifest(RECORD),
    GetDownloadUrlForLayer: ({ headers }) => ({ body: { downloadUrl: `http://${headers.host ?? ''}/layer?signature=1` } }),
    '/layer': () => ({ status, body: downloaded }),
  })

  it('is read through the address that ECR gives, without credentials', async () => {
    const { records, wire: { requests } } = await arrange(layer(TEXT))

    await expect(records.read(TAG)).resolves.toBe(TEXT)
    expect(requests).toMatchObject([
      { operation: 'BatchGetImage', body: { imageIds: [{ imageTag: TAG }] } },
      { operation: 'GetDownloadUrlForLayer', body: { layerDigest: digestOf(Buffer.from(TEXT)) } },
      { url: '/layer?signature=1' },
    ])
    expect(requests.at(-1)?.headers.authorization).toBeUndefined()
  })

  it.each([['something else', 200, 'what was downloaded is not what was stored'], [TEXT, 403, 'its download is answered with 403']])('is not taken when %j comes with %d', async (text, status, why) => {
    const { records } = await arrange(layer(text, status))

    await expect(records.read(TAG)).rejects.toMatchObject({ code: 'aws-request-failed', message: `The record could not be read: ${why}` })
  })

  it('that is not there is not found', async () => {
    const { records } = await arrange({ BatchGetImage: () => ({ body: { images: [], failures: [{ failureCode: 'ImageNotFound' }] } }) })

    await expect(records.read(TAG)).resolves.toBeUndefined()
  })

  it('is no image', async () => {
    const { records } = await arrange(manifest(IMAGE))

    await expect(records.read('release-notes')).rejects.toMatchObject({ code: 'record-invalid', message: 'release-notes in repository flows is an image, not the record of a release' })
  })
})
