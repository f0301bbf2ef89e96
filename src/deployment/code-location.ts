import { posix } from 'node:path'
import { DeployError } from '../errors.ts'
import { isObject } from '../planned.ts'
import type { Json } from '../planned.ts'
import type { LiveDeployment } from '../ports.ts'
import type { DeploymentConfig } from './deployment-config.ts'
import { SET_WORKING_DIRECTORY } from './pull-steps.ts'

/** Where a run finds the flow's code: a folder of the image, or the checkout that a pull step fetches. */
export type CodeLocation = { readonly kind: 'image' | 'checkout'; readonly directory: string }

/**
 * Follows the pull steps as the run does (`prefect/runner/_workspace_resolver.py`): each may change the directory, a
 * relative one counts from the one before. A step that fetches code fetches this checkout's, unless it clones another repository.
 * @param repository `owner/name` of this checkout on GitHub.
 * @throws DeployError `step-unsupported` for code that is neither in the image nor here, since nothing here can read its flows.
 */
export function locateCode(config: DeploymentConfig, image: { readonly workingDirectory: string }, repository: string): CodeLocation {
  const start: CodeLocation = { kind: 'image', directory: image.workingDirectory }
  return (config.pullSteps ?? []).reduce<CodeLocation>((location, step, index) => {
    const [path = '', settings] = Object.entries(step)[0] ?? []
    const { directory, repository: cloned } = isObject(settings) ? settings : {}
    const name = path.slice(path.lastIndexOf('.') + 1) // a step can be named by its module too: …steps.pull.git_clone
    if (name !== 'set_working_directory') {
      if (name === 'git_clone' && !isSameRepository(cloned, repository)) throw codeElsewhere(config, index)
      return name === 'run_shell_script' || name === 'pip_install_requirements' ? location : { kind: 'checkout', directory: '.' }
    }
    return typeof directory !== 'string' || directory.includes('{{') ? location : moved(location, directory)
  }, start)
}

/** Where a deployment without pull steps of its own was told that its image has the code; `/` when it was not told. */
export function workingDirectoryOf({ fields }: LiveDeployment): string {
  const [step] = Array.isArray(fields.pull_steps) ? (fields.pull_steps as readonly Json[]) : []
  const settings = isObject(step) ? step[SET_WORKING_DIRECTORY] : undefined
  return isObject(settings) && typeof settings.directory === 'string' ? settings.directory : '/'
}

function moved(location: CodeLocation, directory: string): CodeLocation {
  return directory.startsWith('/') ? { kind: 'image', directory } : { ...location, directory: posix.join(location.directory, directory) }
}

function isSameRepository(cloned: unknown, repository: string): boolean {
  if (typeof cloned !== 'string' || repository === '') return false
  return cloned.replace(/(\.git)?\/?$/, '').split(/[/:]/).slice(-2).join('/').toLowerCase() === repository.toLowerCase()
}

function codeElsewhere(config: DeploymentConfig, index: number): DeployError {
  return new DeployError('step-unsupported', `deployment "${config.name}" pulls its code from another repository, whose flows cannot be read here`, {
    hint: 'Release it from the workflow of that repository, or copy the code into the image.', location: config.locationOf('pull', index),
  })
}
