import { provideBaseImage, removeBaseImage } from './base-image.ts'
import { attempt } from './command.ts'
import { joinOwnEngine } from './own-engine.ts'

export interface Engine {
  /** As `DOCKER_HOST`. */
  readonly host: string
  stop(): Promise<void>
}

/** A container engine with the sample project's base image in it: the machine's when it has one, else one of our own. */
export async function startEngine(): Promise<Engine> {
  const machine = await machineEngine()
  if (machine === undefined) {
    const own = await joinOwnEngine()
    await provideBaseImage(own.host)
    return own
  }
  const provided = await provideBaseImage(machine)
  return { host: machine, stop: async () => { if (provided) await removeBaseImage(machine) } }
}

/** `DOCKER_HOST` of the engine that this machine has already; undefined when none answers. */
export async function machineEngine(): Promise<string | undefined> {
  if ((await attempt(['docker', 'version', '--format', '{{.Server.Version}}'])).exitCode !== 0) return undefined
  if (process.env.DOCKER_HOST !== undefined) return process.env.DOCKER_HOST
  const context = await attempt(['docker', 'context', 'inspect', '--format', '{{.Endpoints.docker.Host}}'])
  return context.exitCode === 0 ? context.stdout.trim() : undefined
}
