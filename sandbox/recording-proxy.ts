/**
 * A proxy that writes down every request and can make some fail. It is told what to do over HTTP too, under a path of
 * its own, because those who ask run in other processes.
 */
import { setTimeout } from 'node:timers/promises'
import { forward, json, serve } from './http-server.ts'
import type { Answer, HttpServer, Message } from './http-server.ts'

/** One request; `status` is absent when the connection was cut. */
export type Exchange = {
  readonly method: string
  readonly path: string
  /** Parsed when it is JSON. */
  readonly body: unknown
  readonly status: number | undefined
  readonly milliseconds: number
}

/** What happens to matching requests: with neither `status` nor `reset` they are only delayed. */
export type Fault = {
  readonly method?: string
  /** A regular expression; the path includes the query. */
  readonly path?: string
  /** The first matching request to hit, counted from 1 and from now. */
  readonly from?: number
  /** How many to hit; 1 unless given. */
  readonly times?: number
  readonly delayMilliseconds?: number
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  /** Cuts the connection. */
  readonly reset?: boolean
  /** The server does what it is asked, only its answer is lost. */
  readonly answerOnly?: boolean
}

const CONTROL = '/_sandbox'

export async function startRecordingProxy({ target, refuse }: {
  readonly target: string
  /** Answers instead of the server where the server is too lenient. */
  readonly refuse?: (message: Message) => Answer | undefined
}): Promise<HttpServer> {
  const journal: Exchange[] = []
  const faults: { readonly fault: Fault; seen: number }[] = []
  return serve(async (message) => {
    if (message.path.startsWith(CONTROL)) return control(message, journal, faults)
    const started = Date.now()
    const fault = faults.filter((candidate) => hits(candidate, message)).map(({ fault }) => fault)[0]
    const answer = await answerWith(fault, () => Promise.resolve(refuse?.(message) ?? forward(message, target)))
    const { method, path, body } = message
    journal.push({ method, path, body: parsed(body), status: answer?.status, milliseconds: Date.now() - started })
    return answer
  })
}

/** Talks to a recording proxy from anywhere. */
export interface ProxyControl {
  journal(): Promise<Exchange[]>
  clearJournal(): Promise<void>
  fault(fault: Fault): Promise<void>
  clearFaults(): Promise<void>
}

export function createProxyControl(url: string): ProxyControl {
  const call = async (method: string, path: string, body?: unknown): Promise<Response> => {
    const response = await fetch(`${url}${CONTROL}/${path}`, { method, ...(body !== undefined && { body: JSON.stringify(body) }) })
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    return response
  }
  return {
    journal: async () => (await call('GET', 'journal')).json() as Promise<Exchange[]>,
    clearJournal: async () => { await call('DELETE', 'journal') },
    fault: async (fault) => { await call('POST', 'faults', fault) },
    clearFaults: async () => { await call('DELETE', 'faults') },
  }
}

function control({ method, path, body }: Message, journal: Exchange[], faults: { fault: Fault; seen: number }[]): Answer {
  switch (`${method} ${path}`) {
    case `GET ${CONTROL}/journal`: return json(200, journal)
    case `DELETE ${CONTROL}/journal`: return json(200, journal.splice(0).length)
    case `POST ${CONTROL}/faults`: return json(201, faults.push({ fault: JSON.parse(String(body)) as Fault, seen: 0 }))
    case `DELETE ${CONTROL}/faults`: return json(200, faults.splice(0).length)
    default: return json(404, `the proxy has no ${method} ${path}`)
  }
}

/** Counts the request when the fault is about its kind, and tells whether it is its turn. */
function hits(candidate: { readonly fault: Fault; seen: number }, { method, path }: Message): boolean {
  const { fault } = candidate
  if (fault.method !== undefined && fault.method !== method) return false
  if (fault.path !== undefined && !new RegExp(fault.path).test(path)) return false
  candidate.seen += 1
  const from = fault.from ?? 1
  return candidate.seen >= from && candidate.seen < from + (fault.times ?? 1)
}

async function answerWith(fault: Fault | undefined, ask: () => Promise<Answer>): Promise<Answer | undefined> {
  if (fault === undefined) return ask()
  if (fault.delayMilliseconds !== undefined) await setTimeout(fault.delayMilliseconds)
  const real = fault.answerOnly === true || (fault.status === undefined && fault.reset !== true) ? await ask() : undefined
  if (fault.reset === true) return undefined
  return fault.status === undefined ? real : json(fault.status, fault.body ?? { detail: 'a fault of the sandbox' }, fault.headers)
}

function parsed(body: Buffer): unknown {
  if (body.length === 0) return undefined
  try {
    return JSON.parse(body.toString()) as unknown
  } catch {
    return body.toString()
  }
}
