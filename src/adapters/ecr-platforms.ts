import type { ECRClient } from '@aws-sdk/client-ecr'
import { readBlob } from './ecr-blob.ts'
import { findManifest } from './ecr-manifest.ts'

/** The platforms that an index tells, as `os/architecture`. */
export async function platformsOfIndex(ecr: ECRClient, repository: string, imageDigest: string): Promise<string[]> {
  const index = await findManifest(ecr, repository, { imageDigest })
  const { manifests = [] } = JSON.parse(index?.text ?? '{}') as Index
  const platforms = manifests.flatMap(({ platform }) => (platform === undefined ? [] : [`${platform.os}/${platform.architecture}`]))
  return [...new Set(platforms)].filter((platform) => platform !== OF_ATTESTATIONS)
}

/** A single manifest does not tell its platform: that is in the image's configuration, a blob of a few kilobytes in S3. */
export async function platformOfImage(ecr: ECRClient, repository: string, imageDigest: string): Promise<string | undefined> {
  const manifest = await findManifest(ecr, repository, { imageDigest })
  const { digest } = (JSON.parse(manifest?.text ?? '{}') as Manifest).config ?? {}
  if (digest === undefined) return undefined
  const bytes = await readBlob(ecr, { repository, digest, what: `The configuration of image ${imageDigest}` })
  const { os, architecture } = JSON.parse(bytes.toString()) as Partial<Platform>
  return os === undefined || architecture === undefined ? undefined : `${os}/${architecture}`
}

/** Attestations are in the index too, under a platform of their own (BuildKit, attestation storage). */
const OF_ATTESTATIONS = 'unknown/unknown'

type Platform = { readonly os: string; readonly architecture: string }
type Index = { readonly manifests?: readonly { readonly platform?: Platform }[] }
type Manifest = { readonly config?: { readonly digest: string } }
