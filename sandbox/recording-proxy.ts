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

/** What happens to matching requests: with neither `status`, `reset` nor `hold` they are only delayed. */
export type Fault = {
  readonly method?: string
  /** Whether it is about requests that can change something. */
  readonly write?: boolean
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
  /** Keeps the request waiting until the faults are cleared, and cuts it then: the time to kill who sent it. */
  readonly hold?: boolean
}

const CONTROL = '/_sandbox'

export type RecordingProxyOptions = {
  readonly target: string
  /** Answers instead of the server where the server is too lenient. */
  readonly refuse?: (message: Message) => Answer | undefined
  /** Which requests can change something; those that are not GET unless given. */
  readonly isWrite?: (message: Message) => boolean
}

/** A fault that was asked for, how many requests it was about, and whether one is held. */
type ActiveFault = {
  readonly fault: Fault
  seen: number
  readonly arrived: Gate
  readonly released: Gate
}

export async function startRecordingProxy({ target, refuse, isWrite = ({ method }) => method !== 'GET' }: RecordingProxyOptions): Promise<HttpServer> {
  const journal: Exchange[] = []
  const faults: ActiveFault[] = []
  return serve(async (message) => {
    if (message.path.startsWith(CONTROL)) return control(message, journal, faults)
    const started = Date.now()
    const [active] = faults.filter((candidate) => hits(candidate, message, isWrite(message))) // each counts
    const answer = await answerWith(active, () => Promise.resolve(refuse?.(message) ?? forward(message, target)))
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
  /** Waits until a fault holds a request; it is over as well once the faults are cleared. */
  held(): Promise<void>
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
    held: async () => { await call('GET', 'held') },
  }
}

async function control({ method, path, body }: Message, journal: Exchange[], faults: ActiveFault[]): Promise<Answer> {
  switch (`${method} ${path}`) {
    case `GET ${CONTROL}/journal`: return json(200, journal)
    case `DELETE ${CONTROL}/journal`: return json(200, journal.splice(0).length)
    case `POST ${CONTROL}/faults`: return json(201, faults.push(activate(JSON.parse(String(body)) as Fault)))
    case `DELETE ${CONTROL}/faults`: return json(200, release(faults.splice(0)))
    case `GET ${CONTROL}/held`: return json(200, await Promise.race(faults.map(({ arrived }) => arrived.opened.then(() => true))))
    default: return json(404, `the proxy has no ${method} ${path}`)
  }
}

function activate(fault: Fault): ActiveFault {
  return { fault, seen: 0, arrived: createGate(), released: createGate() }
}

type Gate = { readonly opened: Promise<void>; readonly open: () => void }

function createGate(): Gate {
  let open: () => void = () => undefined
  const opened = new Promise<void>((resolve) => { open = resolve })
  return { opened, open }
}

function release(faults: readonly ActiveFault[]): number {
  for (const { arrived, released } of faults) {
    arrived.open()
    released.open()
  }
  return faults.length
}

/** Counts the request when the fault is about its kind, and tells whether it is its turn. */
function hits(candidate: ActiveFault, { method, path }: Message, isWrite: boolean): boolean {
  const { fault } = candidate
  if (fault.method !== undefined && fault.method !== method) return false
  if (fault.path !== undefined && !new RegExp(fault.path).test(path)) return false
  if (fault.write !== undefined && fault.write !== isWrite) return false
  candidate.seen += 1
  const from = fault.from ?? 1
  return candidate.seen >= from && candidate.seen < from + (fault.times ?? 1)
}

async function answerWith(active: ActiveFault | undefined, ask: () => Promise<Answer>): Promise<Answer | undefined> {
  if (active === undefined) return ask()
  const { fault, arrived, released } = active
  if (fault.delayMilliseconds !== undefined) await setTimeout(fault.delayMilliseconds)
  const isFailing = fault.status !== undefined || fault.reset === true || fault.hold === true
  const real = fault.answerOnly === true || !isFailing ? await ask() : undefined
  if (fault.hold === true) {
    arrived.open()
    await released.opened
  }
  if (fault.reset === true || fault.hold === true) return undefined
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
