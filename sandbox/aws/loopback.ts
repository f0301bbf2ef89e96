import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'

/** Clients poll every few seconds; a connection must not end between two requests. */
const IDLE_MS = 60_000

export type Exchange = { readonly request: IncomingMessage; readonly response: ServerResponse }

/** An HTTP server on loopback. A handler that rejects ends the connection. */
export async function listen(port: number, handle: (exchange: Exchange) => Promise<void>): Promise<{ server: Server; host: string }> {
  const server = createServer((request, response) => {
    handle({ request, response }).catch((error: unknown) => {
      console.error(error)
      response.destroy()
    })
  })
  server.keepAliveTimeout = IDLE_MS
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server has no port')
  return { server, host: `127.0.0.1:${address.port}` }
}

/** Ends all connections, those of hanging requests too. */
export async function close(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve))
  server.closeAllConnections()
  await closed
}
