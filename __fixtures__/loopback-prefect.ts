import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Json } from '../src/planned.ts'

export type WireRequest = {
  readonly method: string
  /** Below `/api`, or all of it: `POST /deployments/filter`. */
  readonly path: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Json
}

/** `reset` and `silence` are no answers at all. */
export type WireAnswer =
  | 'reset'
  | 'silence'
  | { readonly status?: number; readonly json?: Json; readonly text?: string; readonly headers?: Readonly<Record<string, string>> }

export type LoopbackPrefect = {
  /** Without a path: `http://127.0.0.1:<port>`. */
  readonly origin: string
  readonly requests: readonly WireRequest[]
  /** `POST /deployments/filter`, one each, without the version and the CSRF token. */
  calls(): string[]
  close(): Promise<void>
}

/**
 * A real HTTP server on loopback that answers as told, by `METHOD /path`, the n-th such request with the n-th answer and
 * all later ones with the last. Without other orders, it is a Prefect 3.8.8 that needs no CSRF token.
 */
export async function serve(answers: Readonly<Record<string, WireAnswer | readonly WireAnswer[]>>): Promise<LoopbackPrefect> {
  const all: typeof answers = {
    'GET /admin/version': { json: '3.8.8' },
    'GET /csrf-token': { status: 422, json: { detail: 'CSRF protection is disabled.' } },
    ...answers,
  }
  const requests: WireRequest[] = []
  const answerTo = (request: WireRequest): WireAnswer => {
    const key = `${request.method} ${request.path}`
    const answer = all[key] ?? { status: 404, json: { detail: 'Not Found' } }
    if (!isList(answer)) return answer
    const times = requests.filter(({ method, path }) => `${method} ${path}` === key).length
    return answer[Math.min(times, answer.length) - 1] ?? 'silence'
  }
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const text = Buffer.concat(chunks).toString()
      const path = (incoming.url ?? '').replace(/^\/api(?=\/)(\/accounts\/[^/]+\/workspaces\/[^/]+)?/, '').replace(/\?.*/, '')
      const request = {
        method: incoming.method ?? '',
        path,
        headers: incoming.headers,
        body: text === '' ? null : (JSON.parse(text) as Json),
      }
      requests.push(request)
      const answer = answerTo(request)
      if (answer === 'reset') incoming.socket.resetAndDestroy()
      if (typeof answer === 'string') return
      const { status = 200, json, text: plain = json === undefined ? '' : JSON.stringify(json), headers = {} } = answer
      response.writeHead(status, { ...(json !== undefined && { 'content-type': 'application/json' }), ...headers }).end(plain)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    requests,
    calls: () => requests.map(({ method, path }) => `${method} ${path}`).filter((call) => !/admin|csrf/.test(call)),
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve()
        })
        server.closeAllConnections()
      }),
  }
}

function isList(answer: WireAnswer | readonly WireAnswer[]): answer is readonly WireAnswer[] {
  return Array.isArray(answer)
}
