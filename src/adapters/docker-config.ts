import { existsSync, rmSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Registry } from '../ports.ts'

export type DockerConfigOptions = {
  /** Folder to put the private one into. */
  readonly temporaryDirectory: string
  /** The user's own configuration folder. */
  readonly original: string
  /** The environment that children get so far. */
  readonly environment: Readonly<Record<string, string>>
}

/** A configuration of Docker's that ends with the run. */
export type DockerConfig = {
  /** Variables that make Docker use it. */
  readonly environment: Readonly<Record<string, string>>
  addLogin(login: Awaited<ReturnType<Registry['login']>>): Promise<void>
  /** Removes it, and with it every login; synchronous, for a process that is about to end. */
  remove(): void
}

/**
 * Makes a private configuration folder that keeps what the user has set up: logins, helpers, contexts, builders and
 * plugins. Logging in there leaves nothing behind for later steps, so no step has to log out.
 */
export async function createDockerConfig({ temporaryDirectory, original, environment }: DockerConfigOptions): Promise<DockerConfig> {
  await mkdir(temporaryDirectory, { recursive: true })
  const folder = await mkdtemp(join(temporaryDirectory, 'docker-config-')) // mode 0700
  const user = await readConfigFile(join(original, 'config.json'))
  await writePrivately(join(folder, 'config.json'), user)
  for (const kept of ['contexts', 'cli-plugins']) {
    if (existsSync(join(original, kept))) await symlink(join(original, kept), join(folder, kept))
  }
  return {
    environment: { DOCKER_CONFIG: folder, ...pointersTo(original, environment) },
    addLogin: (login) => writePrivately(join(folder, 'config.json'), withLogin(user, login)),
    remove: () => { rmSync(folder, { recursive: true, force: true }) },
  }
}

type ConfigFile = {
  readonly auths?: Readonly<Record<string, unknown>>
  readonly credHelpers?: Readonly<Record<string, string>>
  readonly [key: string]: unknown
}

/** Where Docker would look in its configuration folder, and now must not. */
function pointersTo(original: string, environment: Readonly<Record<string, string>>): Record<string, string> {
  return {
    BUILDX_CONFIG: environment.BUILDX_CONFIG ?? join(original, 'buildx'),
    ...(environment.DOCKER_TLS_VERIFY !== undefined && { DOCKER_CERT_PATH: environment.DOCKER_CERT_PATH ?? original }),
  }
}

/**
 * A login in the file counts only where no credential helper is in charge of the host: an empty name takes it back from
 * `credsStore` and keeps that for all other hosts (docker/cli, cli/config/configfile, getConfiguredCredentialStore).
 */
function withLogin(user: ConfigFile, { host, username, password }: Awaited<ReturnType<Registry['login']>>): ConfigFile {
  const auth = Buffer.from(`${username}:${password}`).toString('base64')
  return { ...user, auths: { ...user.auths, [host]: { auth } }, credHelpers: { ...user.credHelpers, [host]: '' } }
}

async function readConfigFile(path: string): Promise<ConfigFile> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as ConfigFile
  } catch {
    return {} // none, or one that Docker itself would pass over with a warning
  }
}

async function writePrivately(path: string, config: ConfigFile): Promise<void> {
  await writeFile(path, JSON.stringify(config), { mode: 0o600 })
}
