import type { Location, Problem, Warning } from '../errors.ts'
import { isObject } from '../planned.ts'
import type { Json, JsonObject } from '../planned.ts'

/** What Prefect's own steps come to here, by the names they can be called by: of their package, module or former package. */
const KNOWN: readonly (readonly [BuildStep['kind'] | 'skipped', RegExp])[] = [
  ['image', /^prefect_docker\.(deployments|projects)\.steps\.(build|push)_docker_image$/],
  ['shell', /^prefect\.(deployments|projects)\.steps\.(utility\.)?run_shell_script$/],
  ['copy', /^prefect_aws\.(deployments|projects)\.steps\.push(_project)?_to_s3$/],
  ['skipped', /^prefect\.(deployments|projects)\.steps\.(utility\.)?pip_install_requirements$/],
]

/** Keys of a step that are no argument (`RESERVED_KEYWORDS` of prefect/deployments/steps/core.py). */
const RESERVED = ['id', 'requires']

/** Arguments of the Docker steps that say nothing about how the image is built. */
const HARMLESS = ['id', 'requires', 'image_name', 'tag', 'push', 'credentials', 'stream_progress_to']

/** A build or push step that this action does, placeholders unresolved. */
export type BuildStep = {
  /** The action's own image, a script of the runner, or files that are copied to S3. */
  readonly kind: 'image' | 'shell' | 'copy'
  /** As the file has it: `prefect.deployments.steps.run_shell_script`. */
  readonly name: string
  /** Under which placeholders find what it returns. */
  readonly id: string | undefined
  /** Its arguments, without `id` and `requires`: there is no Python that needs packages. */
  readonly settings: JsonObject
  readonly location: Location
}

/** What the `build` and `push` steps of a deployment come to in this action. */
export type BuildSteps = {
  /** In the order of the file, those of `build` first. */
  readonly steps: readonly BuildStep[]
  /** Ids under which placeholders find the image: `{{ <id>.image }}`. */
  readonly imageIds: readonly string[]
  /** Equal for deployments that run the same image; undefined when no step builds one. */
  readonly image: string | undefined
  readonly unsupported: readonly Problem[]
  readonly warnings: readonly Warning[]
}

type WrittenStep = { readonly step: JsonObject; readonly location: Location }
type Step = { readonly name: string; readonly settings: JsonObject; readonly location: Location }

/** Docker steps become the action's own build and push; of others, those can run that are no Python code. */
export function readBuildSteps(written: readonly WrittenStep[]): BuildSteps {
  const all = written.flatMap(({ step, location }) => Object.entries(step).map(([name, settings]): Step => ({
    name, settings: isObject(settings) ? settings : {}, location,
  })))
  const steps = all.flatMap((step): BuildStep[] => {
    const kind = kindOf(step)
    if (kind === undefined || kind === 'skipped') return []
    const { id } = step.settings
    const settings = Object.fromEntries(Object.entries(step.settings).filter(([key]) => !RESERVED.includes(key)))
    return [{ ...step, kind, id: typeof id === 'string' ? id : undefined, settings }]
  })
  const images = steps.filter(({ kind }) => kind === 'image')
  const build = images.find(({ name }) => name.endsWith('.build_docker_image'))
  return {
    steps,
    imageIds: images.flatMap(({ id }) => (id === undefined ? [] : [id])),
    image: build === undefined ? undefined : imageOf(build),
    unsupported: [...written.flatMap(severalKeys), ...all.filter((step) => kindOf(step) === undefined).map(unsupported)],
    warnings: [...all.filter((step) => kindOf(step) === 'skipped').map(skipped), ...(build === undefined ? [] : replaced(build))],
  }
}

function kindOf({ name }: Step): BuildStep['kind'] | 'skipped' | undefined {
  return KNOWN.find(([, pattern]) => pattern.test(name))?.[0]
}

/** Prefect takes none but the last key and refuses the step for the others (prefect/deployments/steps/core.py). */
function severalKeys({ step, location }: WrittenStep): Problem[] {
  const [first, ...others] = Object.keys(step)
  if (first === undefined || others.length === 0) return []
  return [{
    code: 'prefect-file-invalid', message: `a step has the keys ${[first, ...others].join(', ')}, and a step is one of them`,
    hint: 'Begin each with a dash of its own; the arguments of a step are indented below its name.', location,
  }]
}

function imageOf({ settings }: Step): string {
  const without = Object.entries(settings).filter(([key]) => key === 'image_name' || !HARMLESS.includes(key))
  return JSON.stringify(without.sort(([a], [b]) => a.localeCompare(b)))
}

function unsupported({ name, location }: Step): Problem {
  return {
    code: 'step-unsupported',
    message: `the step ${name} is Python code, which this action does not run`,
    hint: hintFor(name),
    location,
  }
}

function hintFor(name: string): string {
  const known = INSTEAD.find(([pattern]) => pattern.test(name))?.[1]
  return known ?? 'Do its work in a step of the workflow before this one; its results can be read as {{ $NAME }} from the environment.'
}

const INSTEAD: readonly (readonly [RegExp, string])[] = [
  [/\.git_clone(_project)?$/, 'Check the repository out with actions/checkout before this step.'],
  [/\.(set_working_directory|pull_\w+)$/, 'It belongs under "pull".'],
  [/\.push_(project_)?to_(gcs|azure_blob_storage)$/, 'Copy code to S3 with prefect_aws.deployments.steps.push_to_s3, or into the image.'],
  [/^prefect_(docker|aws|shell)\./, 'There is no such step; there are build_docker_image and push_docker_image, and push_to_s3.'],
]

function skipped({ name, location }: Step): Warning {
  return {
    code: 'step-skipped',
    message: `${name} is skipped: flows are read inside the image, nothing is installed on the runner`,
    hint: 'Install the requirements in the Dockerfile; the step can be removed.',
    location,
  }
}

/** The action's inputs say how the image is built; what the step says otherwise would go unnoticed. */
function replaced({ settings, location }: Step): Warning[] {
  const unused = Object.entries(settings).filter(([key, value]) => !HARMLESS.includes(key) && !isDefault(key, value)).map(([key]) => key)
  if (unused.length === 0) return []
  return [{
    code: 'step-skipped',
    message: `the action builds the image itself, without ${unused.join(', ')} of this step`,
    hint: 'Set the inputs dockerfile, context, build-args and platform instead.',
    location,
  }]
}

function isDefault(key: string, value: Json): boolean {
  return key === 'dockerfile' && value === 'Dockerfile'
}
