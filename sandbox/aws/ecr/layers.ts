import { randomUUID } from 'node:crypto'
import type {
  CompleteLayerUploadRequest,
  CompleteLayerUploadResponse,
  GetDownloadUrlForLayerRequest,
  GetDownloadUrlForLayerResponse,
  InitiateLayerUploadRequest,
  InitiateLayerUploadResponse,
  UploadLayerPartRequest,
  UploadLayerPartResponse,
} from '@aws-sdk/client-ecr'
import { AwsError } from '../error.ts'
import type { Operations } from '../operation.ts'
import { operation } from '../operation.ts'
import type { World } from '../world.ts'
import { digestOf } from './registry.ts'
import { findRepository, repositoryGrant } from './repositories.ts'

/** Bytes that ECR asks for at once, and the least of a part that is not the last one. */
const PART_SIZE = 10_485_760
const LEAST_PART = 5_242_880

/** Layers through ECR's API, as its own proxy writes and reads them for container engines. */
export const layerOperations: Operations = {
  InitiateLayerUpload: operation({
    grants: ({ repositoryName = '' }: InitiateLayerUploadRequest, { world }) => [repositoryGrant(world.account, 'InitiateLayerUpload', repositoryName)],
    run({ repositoryName = '' }: InitiateLayerUploadRequest, { world }): InitiateLayerUploadResponse {
      const uploadId = randomUUID()
      findRepository(world, repositoryName).uploads.set(uploadId, [])
      return { uploadId, partSize: PART_SIZE }
    },
  }),
  UploadLayerPart: operation({
    grants: ({ repositoryName = '' }: UploadLayerPartRequest, { world }) => [repositoryGrant(world.account, 'UploadLayerPart', repositoryName)],
    run(request: UploadLayerPartRequest, { world }): UploadLayerPartResponse {
      const { repositoryName = '', uploadId = '', partFirstByte = 0, partLastByte = 0, layerPartBlob = new Uint8Array() } = request
      const parts = findUpload(world, repositoryName, uploadId)
      const next = parts.reduce((total, { length }) => total + length, 0)
      if (partFirstByte !== next || partLastByte !== partFirstByte + layerPartBlob.length - 1) {
        throw new AwsError('InvalidLayerPartException', `Layer parts must be uploaded in order: the part must begin with byte ${next} and be as long as it says`)
      }
      parts.push(Buffer.from(layerPartBlob))
      return { registryId: world.account.id, repositoryName, uploadId, lastByteReceived: partLastByte }
    },
  }),
  CompleteLayerUpload: operation({
    grants: ({ repositoryName = '' }: CompleteLayerUploadRequest, { world }) => [repositoryGrant(world.account, 'CompleteLayerUpload', repositoryName)],
    async run({ repositoryName = '', uploadId = '', layerDigests = [] }: CompleteLayerUploadRequest, { world }): Promise<CompleteLayerUploadResponse> {
      const parts = findUpload(world, repositoryName, uploadId)
      if (parts.length === 0) throw new AwsError('EmptyUploadException', 'The layer upload has no parts')
      if (parts.slice(0, -1).some(({ length }) => length < LEAST_PART)) {
        throw new AwsError('LayerPartTooSmallException', 'Layer parts must be at least 5 MiB in size')
      }
      const layer = Buffer.concat(parts)
      const layerDigest = digestOf(layer)
      if (!layerDigests.includes(layerDigest)) {
        throw new AwsError('InvalidLayerException', `The layer's digest is '${layerDigest}', not '${layerDigests.join(', ')}'`)
      }
      if ((await world.registry.findBlobSize(repositoryName, layerDigest)) !== undefined) {
        throw new AwsError('LayerAlreadyExistsException', `The layer with digest '${layerDigest}' already exists in the repository with name '${repositoryName}'`)
      }
      await world.registry.putBlob(repositoryName, layer)
      findRepository(world, repositoryName).uploads.delete(uploadId)
      return { registryId: world.account.id, repositoryName, uploadId, layerDigest }
    },
  }),
  GetDownloadUrlForLayer: operation({
    grants: ({ repositoryName = '' }: GetDownloadUrlForLayerRequest, { world }) => [
      repositoryGrant(world.account, 'GetDownloadUrlForLayer', repositoryName),
    ],
    async run({ repositoryName = '', layerDigest = '' }: GetDownloadUrlForLayerRequest, { world }): Promise<GetDownloadUrlForLayerResponse> {
      findRepository(world, repositoryName)
      if ((await world.registry.findBlobSize(repositoryName, layerDigest)) === undefined) {
        throw new AwsError('LayersNotFoundException', `The layer with digest '${layerDigest}' does not exist in the repository with name '${repositoryName}'`)
      }
      return { layerDigest, downloadUrl: world.registry.blobUrl(repositoryName, layerDigest) }
    },
  }),
}

function findUpload(world: World, repositoryName: string, uploadId: string): Buffer[] {
  const parts = findRepository(world, repositoryName).uploads.get(uploadId)
  if (parts === undefined) throw new AwsError('UploadNotFoundException', `The upload with id '${uploadId}' could not be found in the repository '${repositoryName}'`)
  return parts
}
