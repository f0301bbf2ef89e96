import type { IncomingMessage, ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import type { Fault } from '../faults.ts'
import { faultError, takeFault } from '../faults.ts'
import type { World } from '../world.ts'
import { reportDefect } from '../world.ts'
import { admit, permit } from './admission.ts'
import { forward } from './forward.ts'
import type { KeptLayers } from './kept-layers.ts'
import { immutableTag } from './put-image.ts'
import { asRegistryError, RegistryError } from './registry-error.ts'
import type { RegistryPath } from './registry-path.ts'
import { parseRegistryPath } from './registry-path.ts'
import { digestOf } from './registry.ts'
import { isImmutable, missingRepository } from './repositories.ts'

type Exchange = { readonly request: IncomingMessage; readonly response: ServerResponse }

/** What became known of a request while it was answered. */
type Note = { principal?: string; errorCode?: string }

/**
 * ECR's registry for container engines: logins, permissions, repositories and immutable tags are ECR's, all else is
 * the real registry's answer, streamed through.
 */
export async function serveRegistry(world: World, kept: KeptLayers, exchange: Exchange): Promise<void> {
  const { request, response } = exchange
  const { method = 'GET', url = '/' } = request
  world.timeline.settle()
  const note: Note = {}
  const fault = takeFault(world.faults, 'registry', method)
  const silent = fault === 'reset' || fault === 'hang'
  if (fault === 'reset') request.socket.destroy()
  if (!silent)
    await answer(world, exchange, { kept, note, fault }).catch((error: unknown) => {
      fail(world, response, { error, note })
    })
  world.journal.push({
    time: world.timeline.now().toISOString(),
    service: 'registry',
    operation: method,
    path: url,
    write: !['GET', 'HEAD'].includes(method),
    request: null,
    status: silent ? 0 : response.statusCode,
    ...(note.errorCode !== undefined && { errorCode: note.errorCode }),
    principal: note.principal ?? 'anonymous',
  })
}

type Circumstances = { readonly kept: KeptLayers; readonly note: Note; readonly fault: Exclude<Fault['kind'], 'reset' | 'hang'> | undefined }

async function answer(world: World, { request, response }: Exchange, { kept, note, fault }: Circumstances): Promise<void> {
  const { method = 'GET', url = '/', headers } = request
  if (fault !== undefined) throw faultError(fault)
  const principal = admit(world, headers.authorization)
  note.principal = principal.arn
  if (/^\/v2\/?$/.test(url)) {
    response.writeHead(200, JSON_HEADERS).end('{}')
    return
  }
  const path = parseRegistryPath(url)
  if (path === undefined) throw new RegistryError(404, 'UNSUPPORTED', 'The operation is unsupported.')
  permit(world, principal, { method, path })
  if (!world.repositories.has(path.repository))
    throw new RegistryError(404, 'NAME_UNKNOWN', missingRepository(world.account, path.repository))
  if (path.kind === 'tags') await listTags(world, path, response)
  else if (path.kind === 'manifests' && method === 'PUT') await putManifest(world, path, { request, response })
  else await passOn(world, { path, kept }, { request, response })
}

async function passOn({ registry }: World, { path, kept }: { readonly path: RegistryPath; readonly kept: KeptLayers }, { request, response }: Exchange): Promise<void> {
  const { method = 'GET', headers } = request
  if (path.kind === 'blobs') await kept.restore(registry, path)
  await forward({ registry, path, method, headers, body: request }, response)
  if (path.kind === 'uploads' && method === 'PUT' && response.statusCode === 201) await kept.keep(registry, path)
}

/** The real registry does not know a repository before its first push; ECR does. */
async function listTags({ registry }: World, { repository }: RegistryPath, response: ServerResponse): Promise<void> {
  const body = { name: repository, tags: await registry.listTags(repository) }
  response.writeHead(200, JSON_HEADERS).end(JSON.stringify(body))
}

async function putManifest(world: World, path: RegistryPath, { request, response }: Exchange): Promise<void> {
  const repository = world.repositories.get(path.repository)
  if (repository === undefined) return
  const body = await buffer(request)
  const digest = digestOf(body)
  if (!path.reference.startsWith('sha256:') && isImmutable(repository, path.reference)) {
    const existing = await world.registry.findManifest(path.repository, path.reference)
    if (existing !== undefined && existing.digest !== digest) {
      throw new RegistryError(400, 'TAG_INVALID', immutableTag(path.repository, path.reference))
    }
  }
  await forward({ registry: world.registry, path, method: 'PUT', headers: request.headers, body }, response)
  if (response.statusCode < 300 && !repository.pushed.has(digest)) repository.pushed.set(digest, world.timeline.now())
}

const JSON_HEADERS = { 'content-type': 'application/json', 'docker-distribution-api-version': 'registry/2.0' }

function fail(world: World, response: ServerResponse, { error, note }: { readonly error: unknown; readonly note: Note }): void {
  const { status, code, message } = asRegistryError(error)
  note.errorCode = code
  if (response.headersSent || response.destroyed) {
    response.destroy() // the client went away, or the real registry did in the middle of an answer
    return
  }
  if (code === 'UNKNOWN') reportDefect(world, 'the registry', error)
  const challenge = status === 401 && { 'www-authenticate': `Basic realm="http://${world.account.ecrHost}/",service="ecr.amazonaws.com"` }
  response.writeHead(status, { ...JSON_HEADERS, ...challenge }).end(JSON.stringify({ errors: [{ code, message }] }))
}
