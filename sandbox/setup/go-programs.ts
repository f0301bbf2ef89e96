import { join } from 'node:path'
import { asRoot, attempt, findProgram, run } from '../command.ts'
import { bin, cache } from '../paths.ts'
import { announce, runStep } from './step.ts'

const BUILDX = 'github.com/docker/buildx/cmd/buildx@v0.36.1'
/** Only a system-wide plugin is found by a `docker` with a private DOCKER_CONFIG. */
const PLUGIN = '/usr/local/lib/docker/cli-plugins/docker-buildx'

/** buildx when the machine has none, act to run workflow files, actionlint to check them: compiled, nothing else to get them from. */
export async function installGoPrograms(): Promise<void> {
  await runStep({
    name: 'act',
    inputs: ['v0.2.87'],
    makes: [join(bin, 'act')],
    work: (log) => install('github.com/nektos/act@v0.2.87', log),
  })
  await runStep({
    name: 'actionlint',
    inputs: ['v1.7.12'],
    makes: [join(bin, 'actionlint')],
    work: (log) => install('github.com/rhysd/actionlint/cmd/actionlint@v1.7.12', log),
  })
  if (!(await hasBuildx())) await announce('buildx', installBuildx)
}

async function hasBuildx(): Promise<boolean> {
  const env = { ...process.env, DOCKER_CONFIG: join(cache, 'no-docker-config') }
  return (await attempt(['docker', 'buildx', 'version'], { env })).exitCode === 0
}

async function installBuildx(log: string): Promise<void> {
  await install(BUILDX, log)
  await run([...asRoot, 'install', '-D', '-m', '755', join(bin, 'buildx'), PLUGIN], { log })
}

async function install(module: string, log: string): Promise<void> {
  if (findProgram('go') === undefined) throw new Error(`Go is needed to compile ${module}, and there is no go on the PATH.`)
  await run(['go', 'install', module], { env: { ...process.env, GOBIN: bin, GOFLAGS: '-buildvcs=false' }, log })
}
