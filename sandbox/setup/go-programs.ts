import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { asRoot, attempt, findProgram, run } from '../command.ts'
import { bin, cache } from '../paths.ts'
import { announce, runStep } from './step.ts'

const BUILDX = 'github.com/docker/buildx/cmd/buildx@v0.36.1'
const BUILDKIT = 'github.com/moby/buildkit'
const BUILDKIT_VERSION = 'v0.32.2'
/** Only a system-wide plugin is found by a `docker` with a private DOCKER_CONFIG. */
const PLUGIN = '/usr/local/lib/docker/cli-plugins/docker-buildx'

/** buildx when the machine has none, BuildKit for a builder beside the engine, act to run workflow files, actionlint to check them: compiled, nothing else to get them from. */
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
  await runStep({ name: 'buildkitd', inputs: [BUILDKIT_VERSION], makes: [join(bin, 'buildkitd')], work: installBuildKit })
  if (!(await hasBuildx())) await announce('buildx', installBuildx)
}

/** `go install` refuses a module that excludes versions of others, as BuildKit does; as a tool of another module it compiles. */
async function installBuildKit(log: string): Promise<void> {
  const folder = mkdtempSync(join(cache, 'buildkit-'))
  const env = { ...process.env, GOFLAGS: '-buildvcs=false', CGO_ENABLED: '0' }
  try {
    await run([goProgram('buildkitd'), 'mod', 'init', 'tools'], { cwd: folder, env, log })
    await run([goProgram('buildkitd'), 'get', '-tool', `${BUILDKIT}/cmd/buildkitd@${BUILDKIT_VERSION}`], { cwd: folder, env, log })
    await run([goProgram('buildkitd'), 'build', '-o', join(bin, 'buildkitd'), `${BUILDKIT}/cmd/buildkitd`], { cwd: folder, env, log })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
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
  await run([goProgram(module), 'install', module], { env: { ...process.env, GOBIN: bin, GOFLAGS: '-buildvcs=false' }, log })
}

/** @throws Error that names what was to be compiled. */
function goProgram(module: string): string {
  const go = findProgram('go')
  if (go === undefined) throw new Error(`Go is needed to compile ${module}, and there is no go on the PATH.`)
  return go
}
