/** The process that holds the sandbox's own engine: starts it, waits while a run uses it, ends it and all it made. */
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { attempt, run } from './command.ts'
import { folder, hasUsers, state } from './own-engine.ts'
import { startProcess } from './process.ts'

// The path of a unix socket has at most 108 characters, and a checkout can be anywhere.
const sockets = mkdtempSync(join(tmpdir(), 'engine-'))
const host = `unix://${join(sockets, 'docker.sock')}`
const bridge = `sandbox${process.pid}`
const env = { PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin`, TMPDIR: tmpdir() }

await run(['ip', 'link', 'add', 'name', bridge, 'type', 'bridge'])
try {
  await run(['ip', 'address', 'add', `${freeSubnet()}.1/24`, 'dev', bridge])
  const engine = await startEngine()
  await removeOldImages()
  await serve()
  await engine.stop()
} finally {
  await attempt(['ip', 'link', 'delete', bridge])
  await unmountNamespaces()
  rmSync(sockets, { recursive: true, force: true })
}

/** BuildKit's RUN needs a bridge; the firewall is left as it is, so nothing leaves the machine through it. */
async function startEngine() {
  const command = [
    'dockerd', '--host', host, '--group', String(process.env.SUDO_GID ?? process.getgid?.() ?? 0),
    '--data-root', join(folder, 'data'), '--exec-root', join(sockets, 'exec'), '--pidfile', join(sockets, 'docker.pid'),
    '--bridge', bridge, '--iptables=false', '--ip6tables=false',
  ]
  const ready = async () => ((await attempt(['docker', '--host', host, 'version'])).exitCode === 0 ? (true as const) : undefined)
  return startProcess({ command, env, log: join(folder, 'dockerd.log'), ready, readyWithinSeconds: 45 })
}

/** dockerd leaves the namespaces of its networks mounted. */
async function unmountNamespaces(): Promise<void> {
  const namespaces = join(sockets, 'exec/netns')
  const names = existsSync(namespaces) ? readdirSync(namespaces) : []
  for (const name of names) await attempt(['umount', join(namespaces, name)])
}

/** Images named after an ECR that is gone; the build cache still has their layers. */
async function removeOldImages(): Promise<void> {
  const docker = ['docker', '--host', host, 'image']
  const ids = await run([...docker, 'ls', '--quiet', '--filter', 'reference=127.0.0.1:*/*'])
  if (ids !== '') await attempt([...docker, 'rm', '--force', ...new Set(ids.split('\n'))])
}

/** A run registers before it looks for the state: whoever came while the state was being withdrawn is seen here. */
async function serve(): Promise<void> {
  do {
    writeFileSync(`${state}.new`, JSON.stringify({ keeper: process.pid, host }))
    renameSync(`${state}.new`, state)
    while (hasUsers()) await setTimeout(250)
    rmSync(state)
  } while (hasUsers())
}

function freeSubnet(): string {
  const taken = Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map(({ address }) => address))
  const candidates = Array.from({ length: 200 }, (_, index) => `172.30.${index + 20}`)
  const free = candidates.find((subnet) => !taken.some((address) => address.startsWith(`${subnet}.`)))
  if (free === undefined) throw new Error('no free subnet for the bridge of the container engine')
  return free
}
