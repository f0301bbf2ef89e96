/** What a request to the registry's HTTP API is about. */
export type RegistryPath = {
  readonly repository: string
  readonly kind: 'manifests' | 'blobs' | 'uploads' | 'tags' | 'referrers'
  /** Tag, digest or upload id; '' to start an upload. */
  readonly reference: string
  /** What follows `/v2/<repository>`, without parameters that mount a layer of another repository: ECR does not do it. */
  readonly rest: string
}

const PATH = /^\/v2\/(.+?)\/(?:(manifests|referrers)\/([^/]+)|(blobs)\/(sha256:[^/]+)|blobs\/(uploads)\/([^/]*)|(tags)\/list)$/

/** @param url path and query. @returns undefined for paths that the API does not have. */
export function parseRegistryPath(url: string): RegistryPath | undefined {
  const { pathname, searchParams } = new URL(url, 'http://registry')
  const [, repository, named, reference, blobs, digest, uploads, upload, tags] = PATH.exec(pathname) ?? []
  const kind = named ?? blobs ?? uploads ?? tags
  if (repository === undefined || kind === undefined) return undefined
  searchParams.delete('mount')
  searchParams.delete('from')
  const query = searchParams.size > 0 ? `?${searchParams.toString()}` : ''
  const rest = pathname.slice(`/v2/${repository}`.length) + query
  return { repository, kind: kind as RegistryPath['kind'], reference: reference ?? digest ?? upload ?? '', rest } // the pattern's groups
}
