import { chownSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { asRoot, attempt, run } from '../sandbox/command.ts'
import { freePort } from '../sandbox/free-port.ts'
import { createRunFolder } from '../sandbox/paths.ts'
import { startProcess } from '../sandbox/process.ts'

/** Where Debian puts each version's programs. */
const VERSIONS = '/usr/lib/postgresql'
/** Debian's own user of its clusters: the server refuses to run as root. */
const USER = 'postgres'

export interface Postgresql {
  /** For Prefect: an empty database on loopback. */
  readonly url: string
  /** `PostgreSQL 15.18` */
  readonly version: string
  stop(): Promise<void>
}

/**
 * A cluster of its own, with Debian's settings, in a folder that goes with this process.
 * @throws Error when Debian's package is not installed.
 */
export async function startPostgresql(): Promise<Postgresql> {
  const bin = findPrograms()
  const folder = createRunFolder()
  const data = join(folder, 'cluster')
  mkdirSync(data)
  const as = await unprivileged([folder, data])
  await run([...as, join(bin, 'initdb'), '--pgdata', data, '--auth', 'trust', '--encoding', 'UTF8', '--username', USER])
  const port = String(await freePort())
  const at = ['--host', '127.0.0.1', '--port', port, '--username', USER]
  const server = await startProcess({
    command: [...as, join(bin, 'postgres'), '-D', data, '-k', '', '-h', '127.0.0.1', '-p', port],
    log: join(folder, 'postgresql.log'),
    ready: async () => ((await attempt([join(bin, 'pg_isready'), ...at.slice(0, 4)])).exitCode === 0 ? true : undefined),
  })
  await run([join(bin, 'createdb'), ...at, 'prefect'])
  const [, version = ''] = /(\d+\.\d+)/.exec(await run([join(bin, 'postgres'), '--version'])) ?? []
  return {
    url: `postgresql+asyncpg://${USER}@127.0.0.1:${port}/prefect`,
    version: `PostgreSQL ${version}`,
    stop: () => server.stop(),
  }
}

function findPrograms(): string {
  const versions = existsSync(VERSIONS) ? readdirSync(VERSIONS).sort((a, b) => Number(b) - Number(a)) : []
  const found = versions.map((version) => join(VERSIONS, version, 'bin')).find((folder) => existsSync(join(folder, 'postgres')))
  if (found === undefined) throw new Error('PostgreSQL is missing: apt-get install --no-install-recommends postgresql')
  return found
}

/** What goes before a command that root must not run itself; the folders become those of the user that does. */
async function unprivileged(folders: readonly string[]): Promise<string[]> {
  if (asRoot.length > 0) return []
  const [uid = '', gid = ''] = await Promise.all(['-u', '-g'].map((of) => run(['id', of, USER])))
  for (const folder of folders) chownSync(folder, Number(uid), Number(gid))
  return ['setpriv', '--reuid', uid, '--regid', gid, '--init-groups', '--pdeathsig', 'TERM', '--']
}
