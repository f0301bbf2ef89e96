import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

export type WireRequest = {
  /** What of `X-Amz-Target` follows the dot, or the query's `Action`; the path for anything else. */
  readonly operation: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  /** The JSON body, or the query's parameters. */
  readonly body: Readonly<Record<string, unknown>>
}

export type WireAnswer = { readonly status?: number; readonly body: string | object }

export type Wire = {
  readonly url: string
  readonly requests: readonly WireRequest[]
  /** Requests of one operation. */
  of(operation: string): WireRequest[]
  close(): Promise<void>
}

/** A loopback server in place of AWS and GitHub: what a client really sends, and answers as they are on the wire. */
export async function startWire(answer: (request: WireRequest) => WireAnswer | undefined): Promise<Wire> {
  const requests: WireRequest[] = []
  const server = createServer((incoming, response) => {
    void readRequest(incoming).then((request) => {
      requests.push(request)
      const { status = 200, body } = answer(request) ?? { status: 501, body: `Nobody expected ${request.operation}` }
      const isText = typeof body === 'string'
      response.writeHead(status, { 'content-type': isText ? 'text/xml' : 'application/x-amz-json-1.1', connection: 'close' })
      response.end(isText ? body : JSON.stringify(body))
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    of: (operation) => requests.filter((request) => request.operation === operation),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => {
          resolve()
        })
      }),
  }
}

/** An error as AWS's JSON services answer it. */
export function awsError(type: string, message: string, status = 400): WireAnswer {
  return { status, body: { __type: type, message } }
}

async function readRequest(incoming: IncomingMessage): Promise<WireRequest> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString()
  const { url = '', headers } = incoming
  const target = headers['x-amz-target']
  if (typeof target === 'string')
    return { operation: target.split('.')[1] ?? '', url, headers, body: JSON.parse(text) as Record<string, unknown> }
  const parameters = Object.fromEntries(new URLSearchParams(text))
  return { operation: parameters.Action ?? url.split('?')[0] ?? '', url, headers, body: parameters }
}
