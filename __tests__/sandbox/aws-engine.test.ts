import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { Server } from 'node:http'
import { text } from 'node:stream/consumers'
import { Engine } from '../../sandbox/aws/ecs/engine.ts'
import { close, listen } from '../../sandbox/aws/loopback.ts'

type Reply = { readonly status?: number; readonly body?: string | Buffer | readonly Buffer[] }
type Seen = { readonly method: string; readonly url: string; readonly body: string; readonly auth: string | undefined }

let server: Server
let engine: Engine
let seen: Seen[]
let replies: Record<string, Reply>

beforeEach(async () => {
  seen = []
  replies = {}
  const started = await listen(0, async ({ request, response }) => {
    const { method = '', url = '' } = request
    seen.push({ method, url, body: await text(request), auth: request.headers['x-registry-auth']?.toString() })
    const { status = 200, body = '{}' } = replies[`${method} ${url}`] ?? {}
    response.writeHead(status)
    for (const chunk of [body].flat()) response.write(chunk)
    response.end()
  })
  server = started.server
  engine = new Engine(`tcp://${started.host}`)
})

afterEach(async () => {
  await close(server)
})

function frame(stream: 1 | 2, output: string): Buffer {
  const header = Buffer.alloc(8)
  header[0] = stream
  header.writeUInt32BE(Buffer.byteLength(output), 4)
  return Buffer.concat([header, Buffer.from(output)])
}

describe('the Docker Engine', () => {
  it('gets passwords in a header, with the padding that it insists on', async () => {
    await engine.pull('ecr:1/flows:1', { username: 'AWS', password: 'p?>', serveraddress: 'ecr:1' })

    expect(seen[0]?.url).toBe('/images/create?fromImage=ecr%3A1%2Fflows%3A1')
    expect(seen[0]?.auth).toMatch(/^[\w-]+=*$/)
    expect(JSON.parse(Buffer.from(seen[0]?.auth ?? '', 'base64url').toString())).toEqual({
      username: 'AWS',
      password: 'p?>',
      serveraddress: 'ecr:1',
    })
    expect((seen[0]?.auth?.length ?? 0) % 4).toBe(0)
  })

  it('pulls latest when there is no tag: without it, it would pull them all', async () => {
    await engine.pull('localhost:5000/flows')
    await engine.pull('localhost:5000/flows@sha256:00')

    expect(seen.map(({ url }) => decodeURIComponent(url))).toEqual([
      '/images/create?fromImage=localhost:5000/flows:latest',
      '/images/create?fromImage=localhost:5000/flows@sha256:00',
    ])
  })

  it('says within a successful answer that a pull failed', async () => {
    replies['POST /images/create?fromImage=flows%3A1'] = { body: '{"status":"Pulling"}\n{"error":"manifest unknown"}\n' }

    await expect(engine.pull('flows:1')).rejects.toThrow('manifest unknown')
  })

  it('gets variables in the body of a request, where no process list shows them', async () => {
    replies['POST /containers/create?name=one'] = { body: '{"Id":"abc"}' }

    const id = await engine.create('one', { Image: 'flows', Env: ['KEY=secret'], Labels: {}, HostConfig: { NetworkMode: 'host' } })

    expect(id).toBe('abc')
    expect(JSON.parse(seen[0]?.body ?? '')).toMatchObject({ Image: 'flows', Env: ['KEY=secret'] })
  })

  it('refuses in its own words', async () => {
    replies['POST /containers/abc/start'] = { status: 400, body: '{"message":"exec: \\"nope\\": executable file not found"}' }

    await expect(engine.start('abc')).rejects.toThrow('exec: "nope": executable file not found')
  })

  it('tells how a container ended', async () => {
    replies['POST /containers/abc/wait'] = { body: '{"StatusCode":137}' }
    replies['GET /containers/abc/json'] = { body: '{"State":{"OOMKilled":true}}' }

    expect(await engine.wait('abc')).toEqual({ exitCode: 137, outOfMemory: true })
  })

  it('sends output in frames that chunks and lines do not respect', async () => {
    const stream = Buffer.concat([frame(1, 'first\nsec'), frame(2, 'error\n'), frame(1, 'ond\n'), frame(1, '')])
    const chunks = Array.from({ length: stream.length }, (_, index) => stream.subarray(index, index + 1))
    replies['GET /containers/abc/logs?follow=1&stdout=1&stderr=1'] = { body: chunks }

    const lines: string[] = []
    for await (const line of engine.lines('abc')) lines.push(line)

    expect(lines).toEqual(['first', 'secerror', 'ond'])
  })
})
