import type { Warning } from '../errors.ts'
import { isFields } from '../planned.ts'
import type { Planned } from '../planned.ts'
import type { DeploymentConfig } from './deployment-config.ts'
import type { Rendering } from './rendering.ts'

export const SET_WORKING_DIRECTORY = 'prefect.deployments.steps.set_working_directory'

/** Checkouts and homes of GitHub's own runners, of its container jobs and of those that one runs oneself; no image has them. */
const ON_RUNNER = [
  /^\/(home\/runner|Users\/runner|github\/(workspace|home)|__w)(\/|$)/,
  /^\/(.*\/)?_work\//,
  /^[A-Za-z]:[\\/]/,
  /^\{\{\s*\$(GITHUB_WORKSPACE|RUNNER_WORKSPACE|RUNNER_TEMP)\b/,
]

/**
 * The pull steps, rendered as far as a deploy does: blocks, variables and what is unknown is left to the run. Without
 * any in the file, the flow's code is where the image has it.
 */
export function pullStepsOf(
  config: DeploymentConfig, rendering: Rendering, workingDirectory: string,
): { readonly steps: readonly Planned[]; readonly warnings: readonly Warning[] } {
  if (config.pullSteps === undefined) return { steps: [{ [SET_WORKING_DIRECTORY]: { directory: workingDirectory } }], warnings: [] }
  const rendered = config.pullSteps.map((step, index) => rendering.render(step, 'run', ['pull', index]))
  const warnings = config.pullSteps.flatMap((step, index): Warning[] => {
    const directories = [...directoriesOf(step), ...directoriesOf(rendered[index])] // {{ $HOME }} is the runner's, too
    if (!directories.some((directory) => isRunners(directory) && !isWithin(directory, workingDirectory))) return []
    return [{
      code: 'pull-step-on-runner',
      message: `a pull step of deployment "${config.name}" names a folder of the runner, which the container does not have`,
      hint: `Remove "pull" to use the image's own working directory, ${workingDirectory}.`,
      location: config.locationOf('pull', index),
    }]
  })
  return { steps: rendered.filter((step) => step !== undefined), warnings }
}

/** Whether a step names a folder that only the runner has. */
export function isOnRunner(step: Planned): boolean {
  return directoriesOf(step).some(isRunners)
}

function isRunners(directory: string): boolean {
  return ON_RUNNER.some((pattern) => pattern.test(directory))
}

function directoriesOf(step: Planned | undefined): string[] {
  const settings = isFields(step) ? Object.values(step).filter(isFields) : []
  return settings.flatMap(({ directory }) => (typeof directory === 'string' ? [directory] : []))
}

function isWithin(directory: string, outer: string): boolean {
  return outer !== '/' && `${directory}/`.startsWith(`${outer}/`)
}
