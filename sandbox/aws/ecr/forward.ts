import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { request as httpRequest } from 'node:http'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { omit } from '../omit.ts'
import type { Registry } from './registry.ts'
import type { RegistryPath } from './registry-path.ts'

export type Forwarding = {
  readonly registry: Registry
  readonly path: RegistryPath
  readonly method: string
  readonly headers: IncomingHttpHeaders
  readonly body: Readable | Buffer
}

/** Sends a request on to the real registry and streams its answer back; redirects stay the client's business. */
export async function forward(forwarding: Forwarding, response: ServerResponse): Promise<void> {
  const answer = await send(forwarding)
  response.writeHead(answer.statusCode ?? 502, answerHeaders(answer.headers, forwarding.registry))
  await pipeline(answer, response)
}

function send({ registry, path, method, headers, body }: Forwarding): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const url = new URL(`${registry.root}${path.repository}${path.rest}`, registry.origin)
    const outgoing = httpRequest(url, { method, headers: omit(headers, 'host', 'authorization', 'connection') }, resolve).on(
      'error',
      reject,
    )
    if (Buffer.isBuffer(body)) outgoing.end(body)
    else pipeline(body, outgoing).catch(reject)
  })
}

/** A location in the registry is one of this host, without the folder, so that clients keep talking to ECR. */
function answerHeaders(all: IncomingHttpHeaders, { origin, root }: Registry): OutgoingHttpHeaders {
  const headers = omit(all, 'connection', 'keep-alive')
  if (headers.location === undefined) return headers
  const { pathname, search } = new URL(headers.location, origin)
  return { ...headers, location: `${pathname.replace(root, '/v2/')}${search}` }
}
