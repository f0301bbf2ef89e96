/** moto_server, which holds the stacks, and AWS's own client library in front of it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { freePort } from '../free-port.ts'
import { awsTools } from '../paths.ts'
import { answers } from '../poll.ts'
import { startProcess } from '../process.ts'
import { account } from '../scene.ts'

/** An operation in botocore's spelling (`describe_vpcs`). */
export type Call = { readonly service: string; readonly operation: string; readonly parameters?: Readonly<Record<string, unknown>> }

export interface Moto {
  readonly url: string
  /** Answers in the order of the calls. One list of calls at a time. @throws Error with botocore's words when one is refused. */
  call<T extends readonly unknown[]>(calls: readonly Call[]): Promise<T>
  stop(): Promise<void>
}

/** @param folder takes the log. */
export async function startMoto(folder: string): Promise<Moto> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const server = await startProcess({
    command: [join(awsTools, 'bin/moto_server'), '--host', '127.0.0.1', '--port', String(port)],
    env: { PATH: process.env.PATH, HOME: folder },
    log: join(folder, 'moto.log'),
    ready: () => answers(`${url}/moto-api/data.json`),
  })
  const boto = startBoto(url)
  return {
    url,
    call: <T extends readonly unknown[]>(calls: readonly Call[]) => boto.ask(calls) as Promise<T>, // AWS's answers
    stop: async () => {
      await boto.stop()
      await server.stop()
    },
  }
}

/** One process for all calls: what it has read of AWS's models is read once. */
function startBoto(url: string) {
  const child = spawn(join(awsTools, 'bin/python'), [join(import.meta.dirname, 'boto.py')], {
    env: {
      PATH: process.env.PATH, AWS_ENDPOINT_URL: url, AWS_DEFAULT_REGION: account.region,
      AWS_ACCESS_KEY_ID: 'administrator', AWS_SECRET_ACCESS_KEY: 'key that moto does not look at',
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    async ask(calls: readonly Call[]): Promise<unknown> {
      child.stdin.write(`${JSON.stringify(calls)}\n`)
      const { value = '{"error": "the client has ended"}' } = await lines.next()
      const answer = JSON.parse(value) as { readonly error?: string }
      if (answer.error !== undefined) throw new Error(`${calls.map(({ operation }) => operation).join(', ')}: ${answer.error}`)
      return answer
    },
    async stop(): Promise<void> {
      if (child.exitCode !== null) return
      child.stdin.end()
      await once(child, 'exit')
    },
  }
}
