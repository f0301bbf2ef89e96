import type { PutImageRequest, PutImageResponse } from '@aws-sdk/client-ecr'
import { AwsError } from '../error.ts'
import type { Operations } from '../operation.ts'
import { operation } from '../operation.ts'
import type { World } from '../world.ts'
import { imageOf } from './images.ts'
import { manifestContent } from './manifest.ts'
import type { Manifest } from './registry.ts'
import { digestOf } from './registry.ts'
import { findRepository, isImmutable, repositoryGrant } from './repositories.ts'

/** Writing a manifest whose layers are there: how an image gets a further tag without being pulled. */
export const putImageOperations: Operations = {
  PutImage: operation({
    grants: ({ repositoryName = '' }: PutImageRequest, { world }) => [repositoryGrant(world.account, 'PutImage', repositoryName)],
    async run(request: PutImageRequest, { world }): Promise<PutImageResponse> {
      const { repositoryName = '', imageTag } = request
      const repository = findRepository(world, repositoryName)
      const manifest = manifestOf(request)
      await checkReferences(world, repositoryName, manifest)
      await checkTag(world, { repositoryName, tag: imageTag, digest: manifest.digest })
      await world.registry.putManifest(repositoryName, imageTag ?? manifest.digest, manifest)
      if (!repository.pushed.has(manifest.digest)) repository.pushed.set(manifest.digest, world.timeline.now())
      return { image: imageOf(world, repositoryName, { manifest, tag: imageTag }) }
    },
  }),
}

/** What ECR says about a tag that may not move. */
export function immutableTag(repositoryName: string, tag: string): string {
  return `The image tag '${tag}' already exists in the '${repositoryName}' repository and cannot be overwritten because the tag is immutable.`
}

function manifestOf({ imageManifest = '', imageManifestMediaType, imageDigest }: PutImageRequest): Manifest {
  const bytes = Buffer.from(imageManifest)
  const digest = digestOf(bytes)
  if (imageDigest !== undefined && imageDigest !== digest) {
    throw new AwsError(
      'ImageDigestDoesNotMatchException',
      `The provided digest '${imageDigest}' does not match the image manifest's '${digest}'`,
    )
  }
  const mediaType = imageManifestMediaType ?? declaredType(bytes)
  if (mediaType === undefined) throw invalidManifest()
  return { digest, mediaType, bytes }
}

function declaredType(bytes: Buffer): string | undefined {
  try {
    return manifestContent({ bytes }).mediaType
  } catch {
    throw invalidManifest()
  }
}

function invalidManifest(): AwsError {
  return new AwsError(
    'InvalidParameterException',
    "Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON syntax'",
  )
}

async function checkReferences({ registry }: World, repositoryName: string, manifest: Manifest): Promise<void> {
  const { layers, manifests } = manifestContent(manifest)
  const sizes = await Promise.all(layers.map(({ digest }) => registry.findBlobSize(repositoryName, digest)))
  const missingLayers = layers.filter((_, index) => sizes[index] === undefined)
  if (missingLayers.length > 0) {
    throw new AwsError(
      'LayersNotFoundException',
      `Layers with digests '${missingLayers.map(({ digest }) => digest).join(', ')}' required for pushing image into repository with name '${repositoryName}' do not exist`,
    )
  }
  const children = await Promise.all(manifests.map(({ digest }) => registry.findManifest(repositoryName, digest)))
  const missing = manifests.filter((_, index) => children[index] === undefined)
  if (missing.length > 0) {
    throw new AwsError(
      'ReferencedImagesNotFoundException',
      `Images with digests '${missing.map(({ digest }) => digest).join(', ')}' required for pushing image into repository with name '${repositoryName}' do not exist`,
    )
  }
}

async function checkTag(
  world: World,
  { repositoryName, tag, digest }: { repositoryName: string; tag: string | undefined; digest: string },
): Promise<void> {
  const existing = await world.registry.findManifest(repositoryName, tag ?? digest)
  if (existing?.digest === digest) {
    throw new AwsError(
      'ImageAlreadyExistsException',
      `Image with digest '${digest}' and tag '${tag ?? 'null'}' already exists in the repository with name '${repositoryName}' in registry with id '${world.account.id}'`,
    )
  }
  if (existing !== undefined && tag !== undefined && isImmutable(findRepository(world, repositoryName), tag)) {
    throw new AwsError('ImageTagAlreadyExistsException', immutableTag(repositoryName, tag))
  }
}
