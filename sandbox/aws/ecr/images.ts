import type {
  BatchCheckLayerAvailabilityRequest,
  BatchCheckLayerAvailabilityResponse,
  BatchGetImageRequest,
  BatchGetImageResponse,
  DescribeImagesRequest,
  DescribeImagesResponse,
  Image,
  ImageDetail,
  ImageFailure,
  ImageIdentifier,
  ListImagesRequest,
  ListImagesResponse,
} from '@aws-sdk/client-ecr'
import { AwsError } from '../error.ts'
import type { Operations } from '../operation.ts'
import { operation } from '../operation.ts'
import { page } from '../ecs/page.ts'
import type { Repository, World } from '../world.ts'
import type { Manifest } from './registry.ts'
import { findRepository, repositoryGrant } from './repositories.ts'
import { manifestContent } from './manifest.ts'

/** What DescribeImages and ListImages give at once when they are asked for all they can. */
const MOST = 1000

/** Reading images: everything is asked of the real registry, a digest is always the hash of the bytes. */
export const imageOperations: Operations = {
  DescribeImages: operation({
    grants: ({ repositoryName = '' }: DescribeImagesRequest, { world }) => [
      repositoryGrant(world.account, 'DescribeImages', repositoryName),
    ],
    async run(request: DescribeImagesRequest, { world }): Promise<DescribeImagesResponse> {
      const { repositoryName = '', imageIds, nextToken, maxResults, filter: { tagStatus = 'ANY', imageStatus = 'ACTIVE' } = {} } = request
      if (imageIds !== undefined && (nextToken !== undefined || maxResults !== undefined)) {
        throw new AwsError('InvalidParameterException', 'nextToken and maxResults cannot be used when you specify images with imageIds')
      }
      const all = await listImages(world, repositoryName)
      const images = all.filter(({ status }) => imageStatus === 'ANY' || imageStatus === status)
      const asked = imageIds?.map((id) => pick(world, { images, id, repositoryName }))
      const chosen = asked ?? images.filter(({ tags }) => tagStatus === 'ANY' || (tagStatus === 'TAGGED') === tags.length > 0)
      const details = [...new Set(chosen)].map((image) => detailOf(world, repositoryName, image))
      if (imageIds !== undefined) return { imageDetails: details }
      const { items, nextToken: next } = page(details, { nextToken, maxResults, most: MOST })
      return { imageDetails: items, ...next }
    },
  }),
  ListImages: operation({
    grants: ({ repositoryName = '' }: ListImagesRequest, { world }) => [repositoryGrant(world.account, 'ListImages', repositoryName)],
    async run(request: ListImagesRequest, { world }): Promise<ListImagesResponse> {
      const images = await listImages(world, request.repositoryName ?? '')
      const tagStatus = request.filter?.tagStatus ?? 'ANY'
      const imageIds = images.flatMap(({ digest, tags }): ImageIdentifier[] =>
        tags.length > 0 ? tags.map((imageTag) => ({ imageDigest: digest, imageTag })) : [{ imageDigest: digest }],
      )
      const chosen = imageIds.filter(({ imageTag }) => tagStatus === 'ANY' || (tagStatus === 'TAGGED') === (imageTag !== undefined))
      const { items, nextToken } = page(chosen, { nextToken: request.nextToken, maxResults: request.maxResults, most: MOST })
      return { imageIds: items, ...nextToken }
    },
  }),
  BatchGetImage: operation({
    grants: ({ repositoryName = '' }: BatchGetImageRequest, { world }) => [repositoryGrant(world.account, 'BatchGetImage', repositoryName)],
    async run({ repositoryName = '', imageIds = [] }: BatchGetImageRequest, { world }): Promise<BatchGetImageResponse> {
      findRepository(world, repositoryName)
      const answers = await Promise.all(imageIds.map((id) => getImage(world, repositoryName, id)))
      return {
        images: answers.filter((answer) => 'imageManifest' in answer),
        failures: answers.filter((answer) => 'failureCode' in answer),
      }
    },
  }),
  BatchCheckLayerAvailability: operation({
    grants: ({ repositoryName = '' }: BatchCheckLayerAvailabilityRequest, { world }) => [
      repositoryGrant(world.account, 'BatchCheckLayerAvailability', repositoryName),
    ],
    async run(
      { repositoryName = '', layerDigests = [] }: BatchCheckLayerAvailabilityRequest,
      { world },
    ): Promise<BatchCheckLayerAvailabilityResponse> {
      findRepository(world, repositoryName)
      const layers = layerDigests.map(async (layerDigest) => {
        const layerSize = await world.registry.findBlobSize(repositoryName, layerDigest)
        return layerSize === undefined
          ? { layerDigest, layerAvailability: 'UNAVAILABLE' as const }
          : { layerDigest, layerAvailability: 'AVAILABLE' as const, layerSize }
      })
      return { layers: await Promise.all(layers), failures: [] }
    },
  }),
}

type FoundImage = Manifest & { readonly tags: readonly string[]; readonly pushedAt: Date; readonly status: 'ACTIVE' | 'ARCHIVED' }

async function listImages(world: World, repositoryName: string): Promise<readonly FoundImage[]> {
  const repository = findRepository(world, repositoryName)
  const tagged = new Map<string, string[]>()
  for (const tag of await world.registry.listTags(repositoryName)) {
    const digest = (await world.registry.findManifest(repositoryName, tag))?.digest
    if (digest !== undefined) tagged.set(digest, [...(tagged.get(digest) ?? []), tag])
  }
  const digests = new Set([...tagged.keys(), ...repository.pushed.keys()])
  const images = [...digests].map((digest) => describe(world, repository, { digest, tags: tagged.get(digest) ?? [] }))
  return (await Promise.all(images)).filter((image) => image !== undefined)
}

async function describe(
  world: World,
  { description, pushed, archived }: Repository,
  image: { digest: string; tags: readonly string[] },
): Promise<FoundImage | undefined> {
  const manifest = await world.registry.findManifest(description.repositoryName, image.digest)
  return manifest && { ...manifest, tags: image.tags, pushedAt: pushed.get(image.digest) ?? description.createdAt, status: archived.has(image.digest) ? 'ARCHIVED' : 'ACTIVE' }
}

type Pick = { readonly images: readonly FoundImage[]; readonly id: ImageIdentifier; readonly repositoryName: string }

function pick({ account }: World, { images, id, repositoryName }: Pick): FoundImage {
  const { imageDigest, imageTag } = id
  const image = images.find(
    ({ digest, tags }) =>
      (imageDigest ?? digest) === digest && (imageTag === undefined ? imageDigest !== undefined : tags.includes(imageTag)),
  )
  if (image !== undefined) return image
  const asked = `{imageDigest:'${imageDigest ?? 'null'}', imageTag:'${imageTag ?? 'null'}'}`
  throw new AwsError(
    'ImageNotFoundException',
    `The image with imageId ${asked} does not exist within the repository with name '${repositoryName}' in the registry with id '${account.id}'`,
  )
}

function detailOf({ account }: World, repositoryName: string, image: FoundImage): ImageDetail {
  const { layers, artifactType, subject } = manifestContent(image)
  return {
    registryId: account.id,
    repositoryName,
    imageDigest: image.digest,
    ...(image.tags.length > 0 && { imageTags: [...image.tags] }),
    imageSizeInBytes: layers.reduce((total, { size }) => total + size, 0) || image.bytes.length,
    imagePushedAt: image.pushedAt,
    imageManifestMediaType: image.mediaType,
    ...(artifactType !== undefined && { artifactMediaType: artifactType }),
    ...(subject !== undefined && { subjectManifestDigest: subject }),
    imageStatus: image.status,
  }
}

async function getImage(world: World, repositoryName: string, imageId: ImageIdentifier): Promise<Image | ImageFailure> {
  const { imageDigest, imageTag } = imageId
  const reference = imageTag ?? imageDigest
  if (reference === undefined)
    return { imageId, failureCode: 'MissingDigestAndTag', failureReason: 'Invalid request parameters: both tag and digest cannot be null' }
  const manifest = await world.registry.findManifest(repositoryName, reference)
  if (manifest === undefined) return { imageId, failureCode: 'ImageNotFound', failureReason: 'Requested image not found' }
  if (imageDigest !== undefined && imageDigest !== manifest.digest) {
    return { imageId, failureCode: 'ImageTagDoesNotMatchDigest', failureReason: 'Requested image tag does not match the digest' }
  }
  return imageOf(world, repositoryName, { manifest, tag: imageTag })
}

/** An image as BatchGetImage and PutImage answer it. */
export function imageOf(
  { account }: World,
  repositoryName: string,
  { manifest, tag }: { manifest: Manifest; tag: string | undefined },
): Image {
  return {
    registryId: account.id,
    repositoryName,
    imageId: { imageDigest: manifest.digest, ...(tag !== undefined && { imageTag: tag }) },
    imageManifest: manifest.bytes.toString(),
    imageManifestMediaType: manifest.mediaType,
  }
}
