import type { Manifest } from './registry.ts'

export type Descriptor = { readonly digest: string; readonly size: number }

/** What a manifest refers to; an index refers to manifests, an image to its configuration and layers. */
export type ManifestContent = {
  readonly layers: readonly Descriptor[]
  readonly manifests: readonly Descriptor[]
  readonly mediaType: string | undefined
  /** Of an artifact, and the digest of the image that it is about. */
  readonly artifactType: string | undefined
  readonly subject: string | undefined
}

/** @throws SyntaxError when the bytes are not JSON. */
export function manifestContent({ bytes }: Pick<Manifest, 'bytes'>): ManifestContent {
  const { config, layers = [], manifests = [], mediaType, artifactType, subject } = JSON.parse(bytes.toString()) as WireManifest // OCI's image specification
  return { layers: [...(config === undefined ? [] : [config]), ...layers], manifests, mediaType, artifactType, subject: subject?.digest }
}

type WireManifest = {
  readonly artifactType?: string
  readonly subject?: Descriptor
  readonly mediaType?: string
  readonly config?: Descriptor
  readonly layers?: readonly Descriptor[]
  readonly manifests?: readonly Descriptor[]
}
