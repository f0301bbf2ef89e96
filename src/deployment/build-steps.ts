import type { Location, Problem, Warning } from '../errors.ts'
import { isObject } from '../planned.ts'
import type { Json, JsonObject } from '../planned.ts'

const BUILD_IMAGE = 'prefect_docker.deployments.steps.build_docker_image'
const PUSH_IMAGE = 'prefect_docker.deployments.steps.push_docker_image'
const PIP_INSTALL = 'prefect.deployments.steps.pip_install_requirements'

/** Arguments of the Docker steps that say nothing about how the image is built. */
const HARMLESS = ['id', 'requires', 'image_name', 'tag', 'push', 'credentials', 'stream_progress_to']

/** What the `build` and `push` steps of a deployment come to in this action. */
export type BuildSteps = {
  /** Ids under which placeholders find the image: `{{ <id>.image }}`. */
  readonly imageIds: readonly string[]
  /** Equal for deployments that run the same image; undefined when no step builds one. */
  readonly image: string | undefined
  readonly unsupported: readonly Problem[]
  readonly warnings: readonly Warning[]
}

type Step = { readonly name: string; readonly settings: JsonObject; readonly location: Location }

/** Docker steps become the action's own build and push; of others none can run here, for there is no Python. */
export function readBuildSteps(steps: readonly { readonly step: JsonObject; readonly location: Location }[]): BuildSteps {
  const all = steps.flatMap(({ step, location }) => Object.entries(step).map(([name, settings]): Step => ({
    name, settings: isObject(settings) ? settings : {}, location,
  })))
  const docker = all.filter(({ name }) => name === BUILD_IMAGE || name === PUSH_IMAGE)
  const [build] = all.filter(({ name }) => name === BUILD_IMAGE)
  return {
    imageIds: docker.flatMap(({ settings: { id } }) => (typeof id === 'string' ? [id] : [])),
    image: build === undefined ? undefined : imageOf(build),
    unsupported: all.filter(({ name }) => ![BUILD_IMAGE, PUSH_IMAGE, PIP_INSTALL].includes(name)).map(unsupported),
    warnings: [...all.filter(({ name }) => name === PIP_INSTALL).map(skipped), ...(build === undefined ? [] : replaced(build))],
  }
}

function imageOf({ settings }: Step): string {
  const without = Object.entries(settings).filter(([key]) => key === 'image_name' || !HARMLESS.includes(key))
  return JSON.stringify(without.sort(([a], [b]) => a.localeCompare(b)))
}

function unsupported({ name, location }: Step): Problem {
  return {
    code: 'step-unsupported',
    message: `the step ${name} is Python code, which this action does not run`,
    hint: 'Do its work in a step of the workflow before this one; its results can be read as {{ $NAME }} from the environment.',
    location,
  }
}

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
