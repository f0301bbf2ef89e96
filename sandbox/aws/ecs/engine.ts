import type { IncomingMessage } from 'node:http'
import { request as httpRequest } from 'node:http'
import { createInterface } from 'node:readline'
import { PassThrough } from 'node:stream'
import { json, text } from 'node:stream/consumers'

/** How to create a container: the part of the Docker Engine API's body that tasks need. */
export type ContainerSettings = {
  readonly Image: string
  readonly Cmd?: readonly string[] | undefined
  readonly Entrypoint?: readonly string[] | undefined
  readonly Env: readonly string[]
  readonly WorkingDir?: string | undefined
  readonly User?: string | undefined
  readonly Labels: Readonly<Record<string, string>>
  readonly HostConfig: { readonly NetworkMode: string; readonly Memory?: number; readonly ReadonlyRootfs?: boolean }
}

export type RegistryAuth = { readonly username: string; readonly password: string; readonly serveraddress: string }

/** What running tasks needs of a container engine; all methods throw in the engine's words when it refuses. */
export interface ContainerEngine {
  hasImage(image: string): Promise<boolean>
  pull(image: string, auth?: RegistryAuth): Promise<void>
  /** @returns the container's id. */
  create(name: string, settings: ContainerSettings): Promise<string>
  start(id: string): Promise<void>
  /** Waits for the container's end. */
  wait(id: string): Promise<ContainerEnd>
  /** @param seconds between SIGTERM and SIGKILL. */
  stop(id: string, seconds: number): Promise<void>
  remove(id: string): Promise<void>
  /** Output of a container, both streams, line by line until its end. */
  lines(id: string): AsyncIterable<string>
}

export type ContainerEnd = { readonly exitCode: number; readonly outOfMemory: boolean }

/**
 * The Docker Engine over its HTTP API: unlike the `docker` program it takes environment and passwords in a body,
 * where no process list shows them.
 */
export class Engine implements ContainerEngine {
  readonly #target: { readonly socketPath: string } | { readonly host: string; readonly port: string }

  /** @param host as DOCKER_HOST: `unix:///path` or `tcp://host:port`. */
  constructor(host: string) {
    const url = new URL(host)
    this.#target = url.protocol === 'unix:' ? { socketPath: url.pathname } : { host: url.hostname, port: url.port }
  }

  async hasImage(image: string): Promise<boolean> {
    const response = await this.#send('GET', `/images/${image}/json`)
    response.resume()
    return response.statusCode === 200
  }

  async pull(image: string, auth?: RegistryAuth): Promise<void> {
    const reference = image.includes('@') || /:[\w.-]+$/.test(image) ? image : `${image}:latest`
    const headers = auth === undefined ? {} : { 'x-registry-auth': encodeAuth(auth) }
    const response = await this.#call('POST', `/images/create?fromImage=${encodeURIComponent(reference)}`, { headers })
    const lines = (await text(response)).split('\n').filter((line) => line.trim() !== '')
    const failure = lines.map((line) => (JSON.parse(line) as { readonly error?: string }).error).find((error) => error !== undefined)
    if (failure !== undefined) throw new Error(failure)
  }

  async create(name: string, settings: ContainerSettings): Promise<string> {
    const response = await this.#call('POST', `/containers/create?name=${name}`, { body: settings })
    return ((await json(response)) as { readonly Id: string }).Id
  }

  async start(id: string): Promise<void> {
    const response = await this.#call('POST', `/containers/${id}/start`)
    response.resume()
  }

  async wait(id: string): Promise<ContainerEnd> {
    const { StatusCode: exitCode } = (await json(await this.#call('POST', `/containers/${id}/wait`))) as { readonly StatusCode: number }
    const { State } = (await json(await this.#call('GET', `/containers/${id}/json`))) as { readonly State: { readonly OOMKilled: boolean } }
    return { exitCode, outOfMemory: State.OOMKilled }
  }

  async stop(id: string, seconds: number): Promise<void> {
    const response = await this.#call('POST', `/containers/${id}/stop?t=${seconds}`)
    response.resume()
  }

  async remove(id: string): Promise<void> {
    const response = await this.#send('DELETE', `/containers/${id}?force=true&v=true`)
    response.resume()
  }

  async *lines(id: string): AsyncGenerator<string> {
    const response = await this.#call('GET', `/containers/${id}/logs?follow=1&stdout=1&stderr=1`)
    const output = new PassThrough()
    demultiplex(response, output)
    yield* createInterface({ input: output })
  }

  /** @throws Error in the engine's words when it refuses. */
  async #call(method: string, path: string, content: Content = {}): Promise<IncomingMessage> {
    const response = await this.#send(method, path, content)
    if ((response.statusCode ?? 500) < 400) return response
    const { message } = (await json(response)) as { readonly message: string }
    throw new Error(message)
  }

  #send(method: string, path: string, { headers = {}, body }: Content = {}): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const type = body === undefined ? {} : { 'content-type': 'application/json' }
      const request = httpRequest({ ...this.#target, method, path, headers: { host: 'docker', ...type, ...headers } }, resolve).on(
        'error',
        reject,
      )
      request.end(body === undefined ? '' : JSON.stringify(body))
    })
  }
}

type Content = { readonly headers?: Readonly<Record<string, string>>; readonly body?: object }

/** URL-safe Base64 with its padding, which the engine insists on. */
function encodeAuth(auth: RegistryAuth): string {
  return Buffer.from(JSON.stringify(auth)).toString('base64').replaceAll('+', '-').replaceAll('/', '_')
}

/** The engine sends both streams as one: frames of eight bytes, the last four their length, and the data. */
function demultiplex(source: IncomingMessage, output: PassThrough): void {
  let pending = Buffer.alloc(0)
  source.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk])
    for (let end = frameEnd(pending); end <= pending.length; end = frameEnd(pending)) {
      output.write(pending.subarray(8, end))
      pending = pending.subarray(end)
    }
  })
  source.on('close', () => output.end())
}

function frameEnd(data: Buffer): number {
  return data.length < 8 ? Infinity : 8 + data.readUInt32BE(4)
}
