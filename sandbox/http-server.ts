/** A loopback HTTP server, and forwarding to another. */
import { createServer, request as send } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

export interface HttpServer {
  /** `http://127.0.0.1:port` */
  readonly url: string
  stop(): Promise<void>
}

export type Message = { readonly method: string; readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: Buffer }
export type Answer = { readonly status: number; readonly headers: OutgoingHttpHeaders; readonly body: Buffer | string }

/** @param handle answers a request; `undefined` cuts the connection instead. */
export async function serve(handle: (message: Message) => Promise<Answer | undefined>): Promise<HttpServer> {
  const server = createServer((request, response) => {
    respond(handle, request, response).catch((error: unknown) => {
      response.writeHead(502).end(String(error))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const stop = async () => {
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeAllConnections()
    await closed
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop }
}

/** Sends the message on to `target`, which stands for scheme and host; the `Host` header stays, so links lead back here. */
export async function forward({ method, path, headers, body }: Message, target: string): Promise<Answer> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    // A new connection each time: one that the server closes while it is idle would look like a fault of the server's.
    send(new URL(path, target), { method, headers: { ...headers, connection: 'close' } })
      .once('response', resolve)
      .once('error', reject)
      .end(body)
  })
  const kept = without(response.headers, 'transfer-encoding', 'connection')
  return { status: response.statusCode ?? 502, headers: kept, body: await buffer(response) }
}

export function without(headers: IncomingHttpHeaders, ...names: string[]): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)))
}

export function json(status: number, value: unknown, headers: OutgoingHttpHeaders = {}): Answer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(value) }
}

async function respond(handle: (message: Message) => Promise<Answer | undefined>, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = 'GET', url = '/', headers } = request
  const answer = await handle({ method, path: url, headers, body: await buffer(request) })
  if (answer === undefined) request.socket.destroy()
  else response.writeHead(answer.status, { ...answer.headers, 'content-length': Buffer.byteLength(answer.body) }).end(request.method === 'HEAD' ? undefined : answer.body)
}
