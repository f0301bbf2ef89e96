import { posix } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Location } from '../errors.ts'
import { isFields, isItems, isKnown, isObject, reveal } from '../planned.ts'
import type { Json, Planned, PlannedObject } from '../planned.ts'
import type { LiveDeployment } from '../prefect-ports.ts'
import type { DeploymentConfig } from './deployment-config.ts'
import { isOnRunner, SET_WORKING_DIRECTORY } from './pull-steps.ts'
import { Rendering } from './rendering.ts'
import type { Sources, StepOutputs } from './rendering.ts'
import { prefixOf } from './s3-folder.ts'
import type { StepRun } from './step-runs.ts'

/** Where a run finds the flow's code: a folder of the image or of this checkout, which a pull step fetches, or somewhere else. */
export type CodeLocation =
  | { readonly kind: 'image' | 'checkout'; readonly directory: string }
  /** The step of the file that fetches it. */
  | { readonly kind: 'elsewhere'; readonly location: Location }

export type CodeSurroundings = {
  readonly image: { readonly workingDirectory: string }
  /** `owner/name` of this checkout on GitHub. */
  readonly repository: string
  readonly sources: Sources
  /** The project's folder in the checkout, which steps copy to S3; the checkout itself by default. */
  readonly projectDirectory?: string
  /** The build and push steps of the deployment, and what they give. */
  readonly steps?: { readonly runs: readonly StepRun[]; readonly outputs: StepOutputs }
}

/**
 * Follows the pull steps as the run does (`prefect/runner/_workspace_resolver.py`): each may change the directory, a
 * relative one counts from the one before. A step that fetches code fetches this checkout's, unless it clones another
 * repository, or takes a folder of S3 that no step of this deployment fills.
 */
export function locateCode(config: DeploymentConfig, surroundings: CodeSurroundings): CodeLocation {
  const { image, repository, projectDirectory = '.' } = surroundings
  const start: CodeLocation = { kind: 'image', directory: image.workingDirectory }
  return renderedSteps(config, 'run', surroundings).reduce<CodeLocation>((location, step, index) => {
    const { name, settings } = partsOf(step)
    const directory = textOf(settings.directory)
    if (name === 'run_shell_script' || name === 'pip_install_requirements') return location
    if (name === 'set_working_directory') {
      const isUnknown = directory === undefined || directory.includes('{{') || isOnRunner(config.pullSteps?.[index] ?? {})
      return isUnknown ? location : moved(location, directory)
    }
    if (PULL_FROM_S3.test(name)) {
      const pulled = partsOf(renderedSteps(config, 'deploy', surroundings)[index]).settings
      if (isFilledHere(pulled, surroundings)) return { kind: 'checkout', directory: projectDirectory }
      return { kind: 'elsewhere', location: config.locationOf('pull', index) }
    }
    const isElsewhere = name === 'git_clone' && !isSameRepository(textOf(settings.repository), repository)
    return isElsewhere ? { kind: 'elsewhere', location: config.locationOf('pull', index) } : { kind: 'checkout', directory: '.' }
  }, start)
}

const PULL_FROM_S3 = /^pull(_project)?_from_s3$/

/** Where a deployment without pull steps of its own was told that its image has the code; `/` when it was not told. */
export function workingDirectoryOf({ fields }: LiveDeployment): string {
  const [step] = Array.isArray(fields.pull_steps) ? (fields.pull_steps as readonly Json[]) : []
  const settings = isObject(step) ? step[SET_WORKING_DIRECTORY] : undefined
  return isObject(settings) && typeof settings.directory === 'string' ? settings.directory : '/'
}

/** As the run gets them: what is still a placeholder is known only there. Or, to be compared with a push step, as that is rendered. */
function renderedSteps(config: DeploymentConfig, stage: 'run' | 'deploy', { sources, steps }: CodeSurroundings): readonly Planned[] {
  const rendering = new Rendering(config, sources, steps && { stepOutputs: steps.outputs })
  const rendered = rendering.render([...(config.pullSteps ?? [])], stage, ['pull'])
  return isItems(rendered) ? rendered : []
}

/** A step can be named by its module too: `…steps.pull.git_clone`. */
function partsOf(step: Planned | undefined): { readonly name: string; readonly settings: PlannedObject } {
  const [path = '', settings] = isFields(step) ? (Object.entries(step)[0] ?? []) : []
  return { name: path.slice(path.lastIndexOf('.') + 1), settings: isFields(settings) ? settings : {} }
}

function isFilledHere(pulled: PlannedObject, { steps }: CodeSurroundings): boolean {
  const copies = (steps?.runs ?? []).filter(({ step }) => step.kind === 'copy')
  return copies.some(({ settings }) => isDeepStrictEqual([settings.bucket, folderOf(settings)], [pulled.bucket, folderOf(pulled)]))
}

function folderOf({ folder }: PlannedObject): Planned | undefined {
  return typeof folder === 'string' ? prefixOf(folder) : folder
}

/** Undefined for what is no text, or not known yet. */
function textOf(value: Planned | undefined): string | undefined {
  const known = value === undefined || !isKnown(value) ? undefined : reveal(value, {})
  return typeof known === 'string' ? known : undefined
}

function moved(location: CodeLocation, directory: string): CodeLocation {
  if (directory.startsWith('/')) return { kind: 'image', directory }
  return location.kind === 'elsewhere' ? location : { ...location, directory: posix.join(location.directory, directory) }
}

function isSameRepository(cloned: string | undefined, repository: string): boolean {
  if (cloned === undefined || repository === '') return false
  return cloned.replace(/(\.git)?\/?$/, '').split(/[/:]/).slice(-2).join('/').toLowerCase() === repository.toLowerCase()
}
