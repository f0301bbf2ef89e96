import { BatchGetImageCommand } from '@aws-sdk/client-ecr'
import type { ECRClient, Image, ImageIdentifier } from '@aws-sdk/client-ecr'
import { translateAwsError } from './aws-client.ts'

/** A manifest or an index, byte for byte: its digest is that of the text. */
export type StoredManifest = { readonly text: string; readonly mediaType: string; readonly digest: string }

export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
export const INDEX_TYPES: readonly string[] = ['application/vnd.oci.image.index.v1+json', 'application/vnd.docker.distribution.manifest.list.v2+json']
/** Asked for by name, so that ECR gives what was stored and makes no older form of it. */
const ACCEPTED = [...INDEX_TYPES, OCI_MANIFEST, 'application/vnd.docker.distribution.manifest.v2+json']

/** @returns undefined when it is not there. */
export async function findManifest(ecr: ECRClient, repositoryName: string, imageId: ImageIdentifier): Promise<StoredManifest | undefined> {
  const [image] = await getImages(ecr, repositoryName, [imageId])
  if (image?.imageManifest === undefined) return undefined
  return { text: image.imageManifest, mediaType: image.imageManifestMediaType ?? OCI_MANIFEST, digest: image.imageId?.imageDigest ?? '' }
}

/** Those of the images that are there: of one that is not, BatchGetImage makes a failure in its answer, not an error. */
export async function getImages(ecr: ECRClient, repositoryName: string, imageIds: ImageIdentifier[]): Promise<readonly Image[]> {
  try {
    const { images = [] } = await ecr.send(new BatchGetImageCommand({ repositoryName, imageIds, acceptedMediaTypes: ACCEPTED }))
    return images
  } catch (error) {
    throw translateAwsError(error, { operation: 'ecr:BatchGetImage', resource: `repository ${repositoryName}` })
  }
}
