import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { asRoot, attempt, run } from './command.ts'
import { bin } from './paths.ts'
import { poll } from './poll.ts'
import { tail } from './process.ts'
import type { Endpoints } from './stack.ts'

/** A BuildKit beside the engine that has built nothing yet, as a hosted runner has it after docker/setup-buildx-action. */
export interface Builder {
  /** Variables with which `docker buildx` builds there. */
  readonly environment: Readonly<Record<string, string>>
  /** Leaves nothing of it. */
  stop(): Promise<void>
}

type Place = Pick<Endpoints, 'docker' | 'folder' | 'registry'>
type Settings = { readonly folder: string; readonly address: string; readonly configuration: string }

const NAME = 'sandbox'
const BASE_IMAGE = 'python:3.11-slim-bookworm'
/** Ends the daemon, which may be another user's, when nobody holds its input any more. */
const KEEP = '"$@" & read -r _; kill $!; wait $!'

/** @param place the registry there stands for Docker Hub, and has the sample project's base image pushed to it. */
export async function startBuilder(place: Place): Promise<Builder> {
  const folder = mkdtempSync(join(place.folder, 'builder-'))
  // The path of a unix socket has at most 108 characters, and a checkout can be anywhere.
  const sockets = mkdtempSync(join(tmpdir(), 'buildkit-'))
  const address = `unix://${join(sockets, 'buildkitd.sock')}`
  const configuration = join(folder, 'buildkitd.toml')
  writeFileSync(configuration, `[registry."docker.io"]\n  mirrors = ["${place.registry.host}"]\n`)
  const [environment] = await Promise.all([register(folder, address), pushBaseImage(place)])
  const daemon = startDaemon({ folder, address, configuration })
  const stop = async () => {
    await daemon.stop()
    await run([...asRoot, 'rm', '-rf', folder])
    rmSync(sockets, { recursive: true, force: true })
  }
  try {
    await poll('the builder', 60, () => isRunning(environment))
    return { environment, stop }
  } catch (error) {
    const log = tail(daemon.log)
    await stop()
    throw new Error(`${String(error)}\n${log}`, { cause: error })
  }
}

async function register(folder: string, address: string): Promise<Record<string, string>> {
  const environment = { BUILDX_CONFIG: join(folder, 'buildx'), BUILDX_BUILDER: NAME }
  mkdirSync(environment.BUILDX_CONFIG)
  await run(['docker', 'buildx', 'create', '--name', NAME, '--driver', 'remote', address], { env: { ...process.env, ...environment } })
  return environment
}

function startDaemon({ folder, address, configuration }: Settings) {
  const log = join(folder, 'buildkitd.log')
  const output = openSync(log, 'w')
  const command = [
    ...asRoot, 'env', `PATH=${process.env.PATH ?? ''}:/usr/sbin:/sbin`, 'sh', '-c', KEEP, 'buildkitd',
    join(bin, 'buildkitd'), '--config', configuration, '--root', join(folder, 'data'), '--addr', address,
    '--group', String(process.getgid?.() ?? 0), '--oci-worker-net', 'host', '--containerd-worker=false',
  ]
  const child = spawn(command[0] ?? '', command.slice(1), { stdio: ['pipe', output, output] })
  closeSync(output)
  const ended = once(child, 'close')
  return { log, stop: async () => { child.stdin?.end(); await ended } }
}

/** Says so also of a builder that does not answer, but without this line. */
async function isRunning(environment: Readonly<Record<string, string>>): Promise<true | undefined> {
  const { stdout } = await attempt(['docker', 'buildx', 'inspect'], { env: { ...process.env, ...environment } })
  return /^Status:\s+running$/m.test(stdout) ? true : undefined
}

async function pushBaseImage({ docker, registry }: Place): Promise<void> {
  const [engine, name] = [['docker', '--host', docker.host], `${registry.host}/library/${BASE_IMAGE}`]
  if ((await fetch(`http://${registry.host}/v2/library/python/manifests/${BASE_IMAGE.split(':')[1] ?? ''}`, { method: 'HEAD' })).ok) return
  await run([...engine, 'tag', BASE_IMAGE, name])
  await run([...engine, 'push', '--quiet', name])
  await run([...engine, 'image', 'rm', name])
}
