import { posix } from 'node:path'
import type { Location } from '../errors.ts'
import { isList, isObject, reveal } from '../planned.ts'
import type { Json } from '../planned.ts'
import type { LiveDeployment } from '../ports.ts'
import type { DeploymentConfig } from './deployment-config.ts'
import { isOnRunner, SET_WORKING_DIRECTORY } from './pull-steps.ts'
import { Rendering } from './rendering.ts'
import type { Sources } from './rendering.ts'

/** Where a run finds the flow's code: a folder of the image or of this checkout, which a pull step fetches, or another repository. */
export type CodeLocation =
  | { readonly kind: 'image' | 'checkout'; readonly directory: string }
  /** The step of the file that fetches it. */
  | { readonly kind: 'elsewhere'; readonly location: Location }

export type CodeSurroundings = {
  readonly image: { readonly workingDirectory: string }
  /** `owner/name` of this checkout on GitHub. */
  readonly repository: string
  readonly sources: Sources
}

/**
 * Follows the pull steps as the run does (`prefect/runner/_workspace_resolver.py`): each may change the directory, a
 * relative one counts from the one before. A step that fetches code fetches this checkout's, unless it clones another repository.
 */
export function locateCode(config: DeploymentConfig, { image, repository, sources }: CodeSurroundings): CodeLocation {
  const start: CodeLocation = { kind: 'image', directory: image.workingDirectory }
  return renderedSteps(config, sources).reduce<CodeLocation>((location, step, index) => {
    const [path = '', settings] = isObject(step) ? (Object.entries(step)[0] ?? []) : []
    const { directory, repository: cloned } = isObject(settings) ? settings : {}
    const name = path.slice(path.lastIndexOf('.') + 1) // a step can be named by its module too: …steps.pull.git_clone
    if (name === 'run_shell_script' || name === 'pip_install_requirements') return location
    if (name === 'set_working_directory') {
      const isUnknown = typeof directory !== 'string' || directory.includes('{{') || isOnRunner(config.pullSteps?.[index] ?? {})
      return isUnknown ? location : moved(location, directory)
    }
    const isElsewhere = name === 'git_clone' && !isSameRepository(cloned, repository)
    return isElsewhere ? { kind: 'elsewhere', location: config.locationOf('pull', index) } : { kind: 'checkout', directory: '.' }
  }, start)
}

/** Where a deployment without pull steps of its own was told that its image has the code; `/` when it was not told. */
export function workingDirectoryOf({ fields }: LiveDeployment): string {
  const [step] = Array.isArray(fields.pull_steps) ? (fields.pull_steps as readonly Json[]) : []
  const settings = isObject(step) ? step[SET_WORKING_DIRECTORY] : undefined
  return isObject(settings) && typeof settings.directory === 'string' ? settings.directory : '/'
}

/** As the run gets them: what is still a placeholder is known only there. */
function renderedSteps(config: DeploymentConfig, sources: Sources): readonly Json[] {
  const steps = reveal(new Rendering(config, sources).render(config.pullSteps ?? [], 'run', ['pull']) ?? [], {})
  return isList(steps) ? steps : []
}

function moved(location: CodeLocation, directory: string): CodeLocation {
  if (directory.startsWith('/')) return { kind: 'image', directory }
  return location.kind === 'elsewhere' ? location : { ...location, directory: posix.join(location.directory, directory) }
}

function isSameRepository(cloned: unknown, repository: string): boolean {
  if (typeof cloned !== 'string' || repository === '') return false
  return cloned.replace(/(\.git)?\/?$/, '').split(/[/:]/).slice(-2).join('/').toLowerCase() === repository.toLowerCase()
}
