import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { DeployError, throwProblems } from '../errors.ts'
import type { Location, Problem, Warning } from '../errors.ts'
import type { Flow } from '../flow.ts'
import type { ContainerResult, ContainerRun, Docker } from '../docker-ports.ts'

/** An entrypoint and the deployment that names it. */
export type Entrypoint = { readonly entrypoint: string; readonly location: Location }

export type FlowsRequest = {
  readonly docker: Pick<Docker, 'run'>
  /** An image that the engine has. */
  readonly image: string
  /** Absolute path in the container that entrypoints are relative to: the image's, or where the pull steps lead. */
  readonly workingDirectory: string
  readonly entrypoints: readonly Entrypoint[]
  /** Whether a flow that does not import is an error, not a warning. */
  readonly strict: boolean
  /** The file of the workspace that a path, relative to the working directory, was made from; undefined when there is none. */
  readonly sourceOf?: (path: string) => string | undefined
  readonly mount?: ContainerRun['mount']
  readonly hidden?: ContainerRun['hidden']
}

export type FlowsReport = { readonly flows: ReadonlyMap<string, Flow>; readonly warnings: readonly Warning[] }

/**
 * Reads all flows in one container of the image: proof that each imports where it will run, and its exact schema. A
 * flow whose file does not import without network and secrets is read by Prefect's safe loader, with the warning
 * `flow-loaded-safely`.
 * @returns flows by entrypoint.
 * @throws DeployError `entrypoint-missing`, `flow-import-failed` (at the flows' own lines where they are known, else at the
 * deployments', all in one), or
 * `flow-read-failed` when the container itself fails.
 */
export async function readFlows(request: FlowsRequest): Promise<FlowsReport> {
  const entrypoints = [...new Set(request.entrypoints.map(({ entrypoint }) => entrypoint))]
  if (entrypoints.length === 0) return { flows: new Map(), warnings: [] }
  const nonce = randomBytes(16).toString('hex')
  const script = await readFile(new URL('./read_flows.py', import.meta.url), 'utf8')
  const call = JSON.stringify({ nonce, workingDirectory: request.workingDirectory, entrypoints })
  const result = await runPython(request, `${script}\n\nmain(json.loads(${JSON.stringify(call)}))\n`)
  const records = parseRecords(result.stdout, nonce)
  const unread = entrypoints[records.length]
  if (unread !== undefined) throw readingFailed(request.image, unread, result)
  return judge(request, new Map(records.map((record) => [record.entrypoint, record])))
}

type Failure = { readonly kind: 'missing-file' | 'missing-function' | 'import-error'; readonly traceback: string; readonly place?: Place | null }
/** Of the user's own code, in the image. */
type Place = { readonly file: string; readonly line: number }
type FlowRecord = Flow & { readonly loaded: 'import' | 'safe'; readonly failure: Failure | null }
/** One line of read_flows.py. */
type Reading = FlowRecord | (Failure & { readonly entrypoint: string })

const SETTINGS = {
  // Without these, each of a hundred flows would start a server of its own, or wait for one.
  PREFECT_SERVER_ALLOW_EPHEMERAL_MODE: 'false',
  PREFECT_LOGGING_LEVEL: 'CRITICAL',
  PREFECT_HOME: '/tmp/prefect',
  PYTHONDONTWRITEBYTECODE: '1',
}

const NO_PYTHON = 93
/** HOME is not writable in the container; packages installed into it for the user must be found all the same. */
const FIND_PYTHON = `
export PYTHONUSERBASE="\${PYTHONUSERBASE:-$HOME/.local}" HOME=/tmp
for python in python python3 "$VIRTUAL_ENV/bin/python" ./.venv/bin/python; do
  "$python" -c 'import importlib.util as util, sys; sys.exit(util.find_spec("prefect") is None)' </dev/null 2>/dev/null || continue
  exec "$python" -
done
exit ${NO_PYTHON}`
/** What the container engine exits with when there is no such program in the image. */
const NO_PROGRAM = 127

/** Without a shell in the image, Python is asked for directly. */
async function runPython({ docker, image, mount, hidden }: FlowsRequest, stdin: string): Promise<ContainerResult> {
  const request = { image, stdin, environment: SETTINGS, ...(mount !== undefined && { mount }), ...(hidden !== undefined && { hidden }) }
  const run = (command: readonly string[]) => docker.run({ ...request, command })
  let result = await run(['sh', '-c', FIND_PYTHON])
  for (const python of ['python', 'python3']) if (result.exitCode === NO_PROGRAM) result = await run([python, '-'])
  return result
}

function parseRecords(stdout: string, nonce: string): Reading[] {
  const lines = stdout.split('\n').filter((line) => line.startsWith(`${nonce} `))
  return lines.map((line) => JSON.parse(line.slice(nonce.length)) as Reading)
}

function readingFailed(image: string, entrypoint: string, { exitCode, stderr }: ContainerResult): DeployError {
  if (exitCode === NO_PYTHON || exitCode === NO_PROGRAM) {
    return new DeployError('flow-read-failed', `No Python with Prefect was found in ${image}`, {
      hint: 'Install prefect in the image, and put its Python on PATH.',
    })
  }
  const isForeign = stderr.includes('exec format error')
  const foreign = 'The image is for another platform than this runner; use a runner of its platform.'
  const what = `Reading flows in ${image} ended at "${entrypoint}" with exit code ${exitCode}`
  return new DeployError('flow-read-failed', `${what}: ${lastLines(stderr)}`, {
    hint: isForeign ? foreign : 'Run that flow\'s file in the image.',
  })
}

function judge({ entrypoints, strict, image, sourceOf = () => undefined }: FlowsRequest, readings: ReadonlyMap<string, Reading>): FlowsReport {
  const problems: Problem[] = []
  const warnings: Warning[] = []
  const flows = new Map<string, Flow>()
  for (const { entrypoint, location } of entrypoints) {
    const reading = readings.get(entrypoint)
    if (reading === undefined) continue
    const at = ({ place }: Failure): Entrypoint => ({ entrypoint, location: sourceLocation(place, sourceOf) ?? location })
    if (!('name' in reading)) {
      problems.push(problemOf(reading, at(reading), image))
      continue
    }
    const { failure, loaded, ...flow } = reading
    flows.set(entrypoint, flow)
    if (failure === null || loaded === 'import') continue
    if (strict) problems.push(problemOf(failure, at(failure), image))
    else warnings.push(loadedSafely(failure, at(failure)))
  }
  throwProblems(problems)
  return { flows, warnings }
}

/** The same line in the file of the checkout, when the image was made from it. */
function sourceLocation(place: Failure['place'], sourceOf: (path: string) => string | undefined): Location | undefined {
  if (place === undefined || place === null) return undefined
  const file = sourceOf(place.file)
  return file === undefined ? undefined : { file, line: place.line }
}

function problemOf({ kind, traceback }: Failure, { entrypoint, location }: Entrypoint, image: string): Problem {
  const code = kind === 'import-error' ? 'flow-import-failed' : 'entrypoint-missing'
  const what = { 'missing-file': 'has no such file', 'missing-function': 'has no such flow', 'import-error': 'cannot import it' }[kind]
  const hint = {
    'missing-file': 'Check the path, the Dockerfile\'s COPY and WORKDIR, .dockerignore and the pull steps.',
    'missing-function': 'Check the name after the colon, and that the function is decorated with @flow.',
    'import-error': 'Install what is missing in the image, and move what needs network or secrets into the flow.',
  }[kind]
  return { code, message: `Entrypoint "${entrypoint}": ${image} ${what}: ${lastLines(traceback)}`, hint, location }
}

function loadedSafely({ traceback }: Failure, { entrypoint, location }: Entrypoint): Warning {
  const what = 'does not import in the image without network and secrets, so its parameters were read without running its file'
  return {
    code: 'flow-loaded-safely',
    message: `Entrypoint "${entrypoint}" ${what}: ${lastLines(traceback)}`,
    hint: 'Move what needs network or secrets into the flow; "flow-import: strict" makes this an error.',
    location,
  }
}

const LAST_LINES = 6

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-LAST_LINES).join('\n')
}
