import { machineEngine } from '../engine.ts'
import { asRoot, findProgram, run } from '../command.ts'
import { announce } from './step.ts'

/** Debian's package by the program that tells whether it is there. */
const ALWAYS = { docker: 'docker.io', 'docker-registry': 'docker-registry', debootstrap: 'debootstrap', git: 'git' }
/** For an engine of our own; dockerd looks for iptables even when it is told not to use it. */
const ENGINE = { dockerd: 'docker.io', iptables: 'iptables', ip: 'iproute2' }

/** Installs the Debian packages whose programs are missing, and no other. */
export async function installPackages(): Promise<void> {
  const needed = (await machineEngine()) === undefined ? { ...ALWAYS, ...ENGINE } : ALWAYS
  const missing = Object.entries(needed).flatMap(([program, name]) => (findProgram(program) === undefined ? [name] : []))
  if (missing.length > 0) await announce('packages', (log) => install([...new Set(missing)], log))
}

async function install(names: readonly string[], log: string): Promise<void> {
  const apt = [...asRoot, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-y', '-o', 'DPkg::Lock::Timeout=300']
  await run([...apt, 'update'], { log })
  await run([...apt, 'install', '--no-install-recommends', ...names], { log })
}
