import { ImageAlreadyExistsException, ImageTagAlreadyExistsException, PutImageCommand } from '@aws-sdk/client-ecr'
import type { ECRClient } from '@aws-sdk/client-ecr'
import { DeployError } from '../errors.ts'
import type { Registry } from '../ports.ts'
import { translateAwsError } from './aws-client.ts'
import { findManifest, getImages } from './ecr-manifest.ts'

/** The most that BatchGetImage takes at once. */
const MOST = 100

/** Tags of images, without pulling one: a tag is written with the manifest that the repository has. */
export function tagsOf(ecr: ECRClient): Pick<Registry, 'findTags' | 'addTag'> {
  return {
    findTags: async ({ name }, tags) => {
      const found: [string, string][] = []
      for (let at = 0; at < tags.length; at += MOST) {
        const images = await getImages(ecr, name, tags.slice(at, at + MOST).map((imageTag) => ({ imageTag })))
        found.push(...images.flatMap(({ imageId: { imageTag, imageDigest } = {} }): [string, string][] =>
          imageTag === undefined || imageDigest === undefined ? [] : [[imageTag, imageDigest]]))
      }
      return new Map(found)
    },
    addTag: ({ name }, digest, tag) => addTag(ecr, { name, digest, tag }),
  }
}

type NewTag = { readonly name: string; readonly digest: string; readonly tag: string }

async function addTag(ecr: ECRClient, { name, digest, tag }: NewTag): Promise<'added' | 'taken'> {
  const manifest = await findManifest(ecr, name, { imageDigest: digest })
  if (manifest === undefined) {
    throw new DeployError('image-missing', `There is no image ${digest} in repository ${name} any more`, { hint: 'A lifecycle policy may have removed it; run again.' })
  }
  const image = { imageManifest: manifest.text, imageManifestMediaType: manifest.mediaType, imageDigest: digest }
  try {
    await ecr.send(new PutImageCommand({ repositoryName: name, imageTag: tag, ...image }))
    return 'added'
  } catch (error) {
    if (error instanceof ImageAlreadyExistsException) return 'added' // by another job, or by a request whose answer was lost
    if (error instanceof ImageTagAlreadyExistsException) return 'taken'
    throw translateAwsError(error, { operation: 'ecr:PutImage', resource: `repository ${name}` })
  }
}
