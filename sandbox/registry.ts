import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import { answers } from './poll.ts'
import { startProcess } from './process.ts'

export interface OciRegistry {
  /** `host:port`; Docker speaks plain HTTP to loopback addresses. */
  readonly host: string
  stop(): Promise<void>
}

/** Debian's docker-registry: a real OCI registry, empty, with neither users nor immutable tags; those are the ECR simulator's. */
export async function startRegistry({ folder }: { readonly folder: string }): Promise<OciRegistry> {
  const host = `127.0.0.1:${await freePort()}`
  const data = join(folder, 'registry')
  mkdirSync(data)
  const configuration = join(folder, 'registry.yml')
  writeFileSync(configuration, JSON.stringify({
    version: '0.1',
    log: { level: 'warn' },
    storage: { filesystem: { rootdirectory: data }, delete: { enabled: true } },
    http: { addr: host, secret: 'one instance only' },
  }))
  const registry = await startProcess({
    command: ['docker-registry', 'serve', configuration],
    log: join(folder, 'registry.log'),
    ready: () => answers(`http://${host}/v2/`),
  })
  return { host, stop: () => registry.stop() }
}
