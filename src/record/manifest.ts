import { createHash } from 'node:crypto'

/** Type of the artifact that a record is, and of its one layer. */
export const ARTIFACT_TYPE = 'application/vnd.prefect-ecs-deploy.record.v1+json'
export const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json'
/** The empty configuration of an artifact, `{}` (OCI image specification, "Guidance for an Empty Descriptor"). */
export const EMPTY = Buffer.from('{}')

/** A blob or manifest as another manifest refers to it; `size` in bytes. */
export type Descriptor = { readonly mediaType: string; readonly digest: string; readonly size: number }

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

/**
 * The manifest of a record beside the image that is its subject, as OCI's image specification 1.1 has artifacts
 * ("Guidelines for Artifact Usage"): registries list it as a referrer of the image, `oras discover` shows it.
 */
export function recordManifest(record: Uint8Array, subject: Descriptor): string {
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    artifactType: ARTIFACT_TYPE,
    config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf(EMPTY), size: EMPTY.length },
    layers: [{ mediaType: ARTIFACT_TYPE, digest: digestOf(record), size: record.length }],
    subject,
  })
}

/** Digest of the record in such a manifest; undefined when it is none. */
export function layerOf(manifest: string): string | undefined {
  const { artifactType, layers = [] } = JSON.parse(manifest) as { readonly artifactType?: string; readonly layers?: readonly Descriptor[] }
  return artifactType === ARTIFACT_TYPE ? layers[0]?.digest : undefined
}
