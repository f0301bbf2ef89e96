import { createHash } from 'node:crypto'

/** A manifest as the registry holds it, byte for byte. */
export type Manifest = { readonly digest: string; readonly mediaType: string; readonly bytes: Buffer }

/** All kinds of manifests; a registry answers the stored one only when its type is accepted. */
const MANIFESTS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
]

/** The real OCI registry behind ECR; repositories live in a folder of it. */
export class Registry {
  readonly origin: string
  /** First part of the path of all repositories, with the slash at its end. */
  readonly root: string
  readonly #base: string
  readonly #folder: string

  /** @param host `host:port`, plain HTTP and without login. @param folder first part of all names. */
  constructor(host: string, folder: string) {
    this.origin = `http://${host}`
    this.root = `/v2/${folder}/`
    this.#base = `${this.origin}/v2/${folder}`
    this.#folder = folder
  }

  /** @param reference a tag or a digest. */
  async findManifest(repository: string, reference: string): Promise<Manifest | undefined> {
    const response = await fetch(`${this.#base}/${repository}/manifests/${reference}`, { headers: { accept: MANIFESTS.join(', ') } })
    if (!(await isThere(response))) return undefined
    const bytes = Buffer.from(await response.arrayBuffer())
    return { digest: digestOf(bytes), mediaType: response.headers.get('content-type') ?? '', bytes }
  }

  async listTags(repository: string): Promise<readonly string[]> {
    const response = await fetch(`${this.#base}/${repository}/tags/list`)
    if (!(await isThere(response))) return []
    const { tags } = (await response.json()) as { tags: readonly string[] | null } // the distribution API
    return tags ?? []
  }

  /** Bytes of a blob; undefined when the repository does not have it. */
  async findBlobSize(repository: string, digest: string): Promise<number | undefined> {
    const response = await fetch(`${this.#base}/${repository}/blobs/${digest}`, { method: 'HEAD' })
    return (await isThere(response)) ? Number(response.headers.get('content-length')) : undefined
  }

  /** Gives a repository a blob that another one of the real registry has. @param from its whole name there. */
  async mountBlob(repository: string, digest: string, from: string): Promise<void> {
    const query = new URLSearchParams({ mount: digest, from })
    const response = await fetch(`${this.#base}/${repository}/blobs/uploads/?${query.toString()}`, { method: 'POST' })
    if (response.status !== 201) throw new Error(`The registry did not mount ${digest} of ${from}: ${response.status}`)
  }

  /** The repository's name in the real registry. */
  nameOf(repository: string): string {
    return `${this.#folder}/${repository}`
  }

  /** Where a blob can be had without a login: what stands for the signed address in S3 that ECR gives. */
  blobUrl(repository: string, digest: string): string {
    return `${this.#base}/${repository}/blobs/${digest}`
  }

  async putBlob(repository: string, bytes: Buffer): Promise<void> {
    const begun = await fetch(`${this.#base}/${repository}/blobs/uploads/`, { method: 'POST' })
    const location = new URL(begun.headers.get('location') ?? '', this.origin)
    location.searchParams.set('digest', digestOf(bytes))
    const headers = { 'content-type': 'application/octet-stream' }
    const response = await fetch(location, { method: 'PUT', headers, body: new Uint8Array(bytes) })
    if (!response.ok) throw new Error(`The registry refused the blob: ${response.status} ${await response.text()}`)
  }

  async deleteManifest(repository: string, digest: string): Promise<void> {
    const response = await fetch(`${this.#base}/${repository}/manifests/${digest}`, { method: 'DELETE' })
    if (!response.ok) throw new Error(`The registry did not delete the manifest: ${response.status} ${await response.text()}`)
  }

  /** @param reference a tag or the manifest's digest. */
  async putManifest(repository: string, reference: string, { mediaType, bytes }: Pick<Manifest, 'mediaType' | 'bytes'>): Promise<void> {
    const headers = { 'content-type': mediaType }
    const response = await fetch(`${this.#base}/${repository}/manifests/${reference}`, {
      method: 'PUT',
      headers,
      body: new Uint8Array(bytes),
    })
    if (!response.ok) throw new Error(`The registry refused the manifest: ${response.status} ${await response.text()}`)
  }
}

export function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

async function isThere(response: Response): Promise<boolean> {
  if (response.ok) return true
  if (response.status !== 404) throw new Error(`The registry answered ${response.status}: ${await response.text()}`)
  await response.body?.cancel()
  return false
}
