/** Prefect's own server and worker, from the sandbox's Python environment. */
import { cpSync, existsSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { attempt } from './command.ts'
import type { CommandResult } from './command.ts'
import { freePort } from './free-port.ts'
import { prefectTemplate, venv } from './paths.ts'
import { poll } from './poll.ts'
import { startProcess } from './process.ts'

export type PrefectOptions = {
  /** Where its home and its log go. */
  readonly folder: string
  /** `user:password` that every request has to carry as Basic authentication. */
  readonly authString?: string
  /** Whether writes need a token of `/csrf-token`. */
  readonly csrf?: boolean
  /** SQLAlchemy's URL of an empty database; a SQLite file in its home unless given. */
  readonly database?: string
  /** Whether it makes the runs of schedules by itself, once a minute. */
  readonly scheduler?: boolean
  /** Whether to start from the migrated database that the set-up made. */
  readonly template?: boolean
  /** Where it looks time zones up: in the package `tzdata` unless given; `disk` as it is installed, which takes it many times as long. */
  readonly timeZones?: TimeZones
}

export type TimeZones = 'package' | 'disk'

export interface PrefectServer {
  /** `http://127.0.0.1:port/api` */
  readonly apiUrl: string
  readonly version: string
  readonly home: string
  stop(): Promise<void>
}

/** A fresh server. */
export async function startPrefect(options: PrefectOptions): Promise<PrefectServer> {
  const { folder, authString, database, csrf = false, scheduler = true, template = true, timeZones = 'package' } = options
  const home = mkdtempSync(join(folder, 'prefect-'))
  if (template && database === undefined && existsSync(prefectTemplate)) cpSync(prefectTemplate, home, { recursive: true })
  const port = await freePort()
  const apiUrl = `http://127.0.0.1:${port}/api`
  const server = await startProcess({
    command: [join(venv, 'bin/prefect'), 'server', 'start', '--host', '127.0.0.1', '--port', String(port), '--no-ui'],
    env: {
      ...environment(home),
      PREFECT_HOME: home,
      PREFECT_SERVER_ANALYTICS_ENABLED: 'false',
      PREFECT_SERVER_CSRF_PROTECTION_ENABLED: String(csrf),
      ...(!scheduler && { PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED: 'false' }),
      ...(authString !== undefined && { PREFECT_SERVER_API_AUTH_STRING: authString }),
      ...(database !== undefined && { PREFECT_API_DATABASE_CONNECTION_URL: database }),
      ...(timeZones === 'package' && { PYTHONTZPATH: '' }),
    },
    log: join(home, 'server.log'),
    readyWithinSeconds: database === undefined ? 60 : 180, // its tables are made first
    ready: async () => ((await fetch(`${apiUrl}/health`, { headers: basicAuthorization(authString) })).ok ? true : undefined),
  })
  const version = await poll('the version', 10, async () => (await fetch(`${apiUrl}/admin/version`, { headers: basicAuthorization(authString) })).json()) as string
  return { apiUrl, version, home, stop: () => server.stop() }
}

export type WorkerOptions = {
  readonly folder: string
  readonly apiUrl: string
  readonly pool: string
  /** AWS endpoint and credentials, Prefect credentials. */
  readonly env: Readonly<Record<string, string>>
}

/** A real ECS worker that polls once, starts the tasks of the runs it found, and ends; the tasks go on. */
export async function runWorker({ folder, apiUrl, pool, env }: WorkerOptions): Promise<CommandResult> {
  const home = mkdtempSync(join(folder, 'worker-'))
  const command = [join(venv, 'bin/prefect'), 'worker', 'start', '--type', 'ecs', '--pool', pool, '--run-once']
  return attempt(command, { env: { ...environment(home), PREFECT_API_URL: apiUrl, ...env }, log: join(home, 'worker.log') })
}

/** None of the user's own Prefect settings; the home is found by `HOME`, because a worker hands its `PREFECT_…` on to its runs. */
function environment(home: string): NodeJS.ProcessEnv {
  return { PATH: `${join(venv, 'bin')}:${process.env.PATH ?? ''}`, HOME: home, DO_NOT_TRACK: '1', LANG: 'C.UTF-8' }
}

/** The header that a server with an auth string wants. */
export function basicAuthorization(authString: string | undefined): Record<string, string> {
  return authString === undefined ? {} : { authorization: `Basic ${Buffer.from(authString).toString('base64')}` }
}
