import {
  BatchCheckLayerAvailabilityCommand, CompleteLayerUploadCommand, ECRClient, ImageAlreadyExistsException,
  InitiateLayerUploadCommand, LayerAlreadyExistsException, paginateDescribeImages, PutImageCommand, RepositoryNotFoundException, UploadLayerPartCommand,
} from '@aws-sdk/client-ecr'
import { DeployError } from '../errors.ts'
import type { NewRecord, Records } from '../ports.ts'
import { digestOf, EMPTY, layerOf, MANIFEST_TYPE, recordManifest } from '../record/manifest.ts'
import { clientConfiguration, translateAwsError } from './aws-client.ts'
import type { AwsSettings } from './aws-client.ts'
import { readBlob } from './ecr-blob.ts'
import { findManifest } from './ecr-manifest.ts'

/** Records beside the images of one repository, through ECR's API alone: no container engine and no login is needed. */
export function createRecords(settings: AwsSettings): { readonly in: (repository: string) => Records } {
  let client: ECRClient | undefined
  const connect = () => (client ??= new ECRClient(clientConfiguration(settings)))
  return {
    in: (repository) => ({
      list: () => listTags({ ecr: connect(), repository }),
      read: (tag) => readRecord({ ecr: connect(), repository }, tag),
      write: (record) => writeRecord({ ecr: connect(), repository }, record),
    }),
  }
}

type Place = { readonly ecr: ECRClient; readonly repository: string }

/** The most that DescribeImages gives at once. */
const PAGE = 1000

/** All requests of a place fail in the same words. */
async function ask<T>({ repository }: Place, operation: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw translateAwsError(error, { operation: `ecr:${operation}`, resource: `repository ${repository}` })
  }
}

/** DescribeImages, which every release may do, not ListImages: neither can be asked for a prefix. */
async function listTags(place: Place): Promise<string[]> {
  const { ecr, repository } = place
  return ask(place, 'DescribeImages', async () => {
    const tags: string[] = []
    const request = { repositoryName: repository, filter: { tagStatus: 'TAGGED' as const } }
    try {
      for await (const { imageDetails = [] } of paginateDescribeImages({ client: ecr, pageSize: PAGE }, request)) {
        tags.push(...imageDetails.flatMap(({ imageTags = [] }) => imageTags))
      }
    } catch (error) {
      if (error instanceof RepositoryNotFoundException) return []
      throw error
    }
    return tags
  })
}

async function readRecord({ ecr, repository }: Place, tag: string): Promise<string | undefined> {
  const manifest = await findManifest(ecr, repository, { imageTag: tag })
  if (manifest === undefined) return undefined
  const layerDigest = layerOf(manifest.text)
  if (layerDigest === undefined) {
    throw new DeployError('record-invalid', `${tag} in repository ${repository} is an image, not the record of a release`, {
      hint: 'Records are tagged release-<name>-…; give an image by its digest, or with the input image.',
    })
  }
  return (await readBlob(ecr, { repository, digest: layerDigest, what: 'The record' })).toString()
}

async function writeRecord(place: Place, { tag, text, imageDigest }: NewRecord): Promise<void> {
  const { ecr, repository: repositoryName } = place
  const image = await findManifest(ecr, repositoryName, { imageDigest })
  if (image === undefined) throw new DeployError('image-missing', `There is no image ${imageDigest} in repository ${repositoryName} any more`)
  const subject = { mediaType: image.mediaType, digest: image.digest, size: Buffer.byteLength(image.text) }
  const record = Buffer.from(text)
  await uploadMissing(place, [EMPTY, record])
  const manifest = { imageManifest: recordManifest(record, subject), imageManifestMediaType: MANIFEST_TYPE }
  await ask(place, 'PutImage', () => ecr.send(new PutImageCommand({ repositoryName, imageTag: tag, ...manifest })).catch((error: unknown) => {
    if (!(error instanceof ImageAlreadyExistsException)) throw error // the same one: an answer was lost
  }))
}

async function uploadMissing(place: Place, blobs: readonly Buffer[]): Promise<void> {
  const { ecr, repository: repositoryName } = place
  const request = { repositoryName, layerDigests: blobs.map(digestOf) }
  const { layers = [] } = await ask(place, 'BatchCheckLayerAvailability', () => ecr.send(new BatchCheckLayerAvailabilityCommand(request)))
  const isThere = (blob: Buffer) => layers.some(({ layerDigest, layerAvailability }) => layerDigest === digestOf(blob) && layerAvailability === 'AVAILABLE')
  for (const blob of blobs.filter((each) => !isThere(each))) await upload(place, blob)
}

/** In parts of the size that ECR says, of which the last may be smaller. */
async function upload(place: Place, blob: Buffer): Promise<void> {
  const { ecr, repository: repositoryName } = place
  const { uploadId, partSize = blob.length } = await ask(place, 'InitiateLayerUpload', () => ecr.send(new InitiateLayerUploadCommand({ repositoryName })))
  for (let first = 0; first < blob.length; first += partSize) {
    const layerPartBlob = blob.subarray(first, first + partSize)
    const part = { partFirstByte: first, partLastByte: first + layerPartBlob.length - 1, layerPartBlob }
    await ask(place, 'UploadLayerPart', () => ecr.send(new UploadLayerPartCommand({ repositoryName, uploadId, ...part })))
  }
  const request = new CompleteLayerUploadCommand({ repositoryName, uploadId, layerDigests: [digestOf(blob)] })
  await ask(place, 'CompleteLayerUpload', () => ecr.send(request).catch((error: unknown) => {
    if (!(error instanceof LayerAlreadyExistsException)) throw error // somebody else's is the same
  }))
}
