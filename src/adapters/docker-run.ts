import { randomUUID } from 'node:crypto'
import { statSync } from 'node:fs'
import { posix, resolve } from 'node:path'
import type { ContainerResult, ContainerRun } from '../docker-ports.ts'
import { DeployError } from '../errors.ts'
import { isAborted } from './child-process.ts'
import type { DockerCli } from './docker-cli.ts'
import { dockerFailure } from './docker-failure.ts'

type Mount = NonNullable<ContainerRun['mount']>

/** What a container that reads code must not have, and a bound on the processes it starts. */
const CONFINEMENT = [
  '--pull', 'never', '--network', 'none', '--read-only', '--tmpfs', '/tmp', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges',
  '--pids-limit', '512', '--log-driver', 'none',
]
/** `docker run`'s own exit code when the engine refuses (docker run reference, "Exit status"). */
const ENGINE_REFUSED = 125

/** Runs one confined container, for at most `timeout` milliseconds. */
export async function runContainer(cli: DockerCli, run: ContainerRun, timeout: number): Promise<ContainerResult> {
  const name = `prefect-ecs-deploy-${randomUUID()}`
  try {
    const result = await cli.withContainer(name, () =>
      cli.run(argumentsOf(run, name), { input: run.stdin, print: 'nothing', signal: AbortSignal.timeout(timeout) }))
    if (result.exitCode === ENGINE_REFUSED) throw dockerFailure('flow-read-failed', `The engine cannot run ${run.image}`, result)
    return result
  } catch (error) {
    throw isAborted(error) ? tookTooLong(run.image, timeout) : error
  }
}

function argumentsOf({ image, command, environment, mount, hidden = [] }: ContainerRun, name: string): string[] {
  const [program = '', ...args] = command
  return [
    'run', '--rm', '--interactive', '--name', name, ...CONFINEMENT,
    ...(mount === undefined ? [] : ['--mount', mountOf(mount), ...hidden.flatMap((path) => coverOf(path, mount))]),
    ...Object.entries(environment).flatMap(([variable, value]) => ['--env', `${variable}=${value}`]),
    '--entrypoint', program, image, ...args,
  ]
}

function tookTooLong(image: string, timeout: number): DeployError {
  return new DeployError('flow-read-failed', `Reading flows in ${image} did not end within ${timeout / 1000} s`, {
    hint: 'Importing a flow\'s file must not wait for anything; move such code into the flow.',
  })
}

/** The engine cannot make a folder in a mount that is read-only: without one there, or over a file, it would refuse to start. */
function coverOf(path: string, { source, target }: Mount): string[] {
  const covered = statSync(resolve(source, posix.relative(target, path)), { throwIfNoEntry: false })
  return covered?.isDirectory() === true ? ['--mount', csv('type=tmpfs', `target=${path}`, 'readonly', 'tmpfs-size=4096')] : []
}

function mountOf({ source, target }: Mount): string {
  return csv('type=bind', `source=${source}`, `target=${target}`, 'readonly')
}

/** `--mount` is read as comma-separated values, in which a path may need quotes. */
function csv(...fields: readonly string[]): string {
  return fields.map((field) => (/[",]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(',')
}
