import { refusal } from '../authorization.ts'
import type { Principal } from '../identity.ts'
import { principalContext } from '../identity.ts'
import type { World } from '../world.ts'
import { RegistryError } from './registry-error.ts'
import type { RegistryPath } from './registry-path.ts'
import { repositoryGrant } from './repositories.ts'

/**
 * Whom a login belongs to.
 * @param header the request's `authorization`. @throws RegistryError 401 without a login, 403 with one that is not valid (any more).
 */
export function admit(world: World, header: string | undefined): Principal {
  const [, encoded] = /^Basic (\S+)$/i.exec(header ?? '') ?? []
  if (encoded === undefined) throw new RegistryError(401, 'UNAUTHORIZED', 'Not Authorized')
  const [user, password = ''] = Buffer.from(encoded, 'base64').toString().split(':', 2)
  const login = user === 'AWS' ? world.registryLogins.get(password) : undefined
  if (login === undefined) throw new RegistryError(403, 'DENIED', 'Your Authorization Token is invalid.')
  if (login.expiration <= world.timeline.now()) {
    throw new RegistryError(403, 'DENIED', 'Your authorization token has expired. Reauthenticate and try again.')
  }
  return login.principal
}

/** @throws RegistryError 403 when the login's owner may not do that, 405 when nobody can. */
export function permit(
  world: World,
  principal: Principal,
  { method, path }: { readonly method: string; readonly path: RegistryPath },
): void {
  const operation = OPERATIONS[path.kind][method]
  if (operation === undefined) throw new RegistryError(405, 'UNSUPPORTED', 'The operation is unsupported.')
  const grant = { ...repositoryGrant(world.account, operation, path.repository), context: principalContext(principal) }
  const reason = refusal(principal, grant)
  if (reason !== undefined) throw new RegistryError(403, 'DENIED', reason)
}

/** The permission that each request needs, as ECR documents it for pulling and pushing. */
const OPERATIONS: Readonly<Record<RegistryPath['kind'], Readonly<Record<string, string>>>> = {
  manifests: { GET: 'BatchGetImage', HEAD: 'BatchGetImage', PUT: 'PutImage', DELETE: 'BatchDeleteImage' },
  blobs: { GET: 'GetDownloadUrlForLayer', HEAD: 'BatchCheckLayerAvailability' },
  uploads: {
    POST: 'InitiateLayerUpload',
    PATCH: 'UploadLayerPart',
    GET: 'UploadLayerPart',
    PUT: 'CompleteLayerUpload',
    DELETE: 'UploadLayerPart',
  },
  tags: { GET: 'ListImages' },
  referrers: { GET: 'BatchGetImage' },
}
