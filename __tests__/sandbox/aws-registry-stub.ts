import { createHash, randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { close, listen } from '../../sandbox/aws/loopback.ts'
import type { Exchange } from '../../sandbox/aws/loopback.ts'

/** An OCI registry in memory: enough of the distribution API to stand behind the simulated ECR. */
export interface RegistryStub {
  readonly host: string
  stop(): Promise<void>
}

type Content = { readonly type: string; readonly bytes: Buffer }

export async function startRegistryStub(): Promise<RegistryStub> {
  const contents = new Map<string, Content>()
  const { server, host } = await listen(0, (exchange) => answer(contents, exchange))
  return { host, stop: () => stop(server) }
}

const stop = (server: Server) => close(server)

async function answer(contents: Map<string, Content>, { request, response }: Exchange): Promise<void> {
  const { method = 'GET', headers } = request
  const { pathname, searchParams, origin } = new URL(request.url ?? '/', `http://${headers.host ?? ''}`)
  const [, name = '', kind = '', reference = ''] = /^\/v2\/(.+?)\/(manifests|blobs\/uploads|blobs|tags)\/(.*)$/.exec(pathname) ?? []
  const bytes = await buffer(request)
  const put = (content: Content, ...keys: string[]) => {
    for (const key of keys) contents.set(key, content)
  }
  if (kind === 'tags') {
    const prefix = `${name}/manifests/`
    const tags = [...contents.keys()]
      .filter((key) => key.startsWith(prefix) && !key.includes('sha256:'))
      .map((key) => key.slice(prefix.length))
    response.end(JSON.stringify({ name, tags }))
  } else if (method === 'DELETE') {
    for (const [key, { bytes: stored }] of contents) if (key.startsWith(`${name}/manifests/`) && digestOf(stored) === reference) contents.delete(key)
    response.writeHead(202).end()
  } else if (method === 'POST' && searchParams.has('mount')) {
    const digest = searchParams.get('mount') ?? ''
    const mounted = contents.get(`${searchParams.get('from') ?? ''}/blobs/${digest}`)
    if (mounted !== undefined) put(mounted, `${name}/blobs/${digest}`)
    response.writeHead(mounted === undefined ? 202 : 201).end()
  } else if (method === 'POST') {
    response.writeHead(202, { location: `${origin}/v2/${name}/blobs/uploads/${randomUUID()}?_state=x` }).end()
  } else if (method === 'PUT' && kind === 'blobs/uploads') {
    put({ type: 'application/octet-stream', bytes }, `${name}/blobs/${searchParams.get('digest') ?? ''}`)
    response.writeHead(201, { location: `/v2/${name}/blobs/${searchParams.get('digest') ?? ''}` }).end()
  } else if (method === 'PUT') {
    put({ type: headers['content-type'] ?? '', bytes }, `${name}/manifests/${reference}`, `${name}/manifests/${digestOf(bytes)}`)
    response.writeHead(201, { 'docker-content-digest': digestOf(bytes) }).end()
  } else {
    const content = contents.get(`${name}/${kind}/${reference}`)
    response.writeHead(content === undefined ? 404 : 200, {
      'content-type': content?.type ?? '',
      'content-length': content?.bytes.length ?? 0,
    })
    response.end(method === 'HEAD' ? undefined : content?.bytes)
  }
}

export function digestOf(bytes: Buffer | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}
