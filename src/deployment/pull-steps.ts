import type { Warning } from '../errors.ts'
import { isObject } from '../planned.ts'
import type { JsonObject, Planned } from '../planned.ts'
import type { DeploymentConfig } from './deployment-config.ts'
import type { Rendering } from './rendering.ts'

export const SET_WORKING_DIRECTORY = 'prefect.deployments.steps.set_working_directory'

/** Checkouts of GitHub's own runners; no container has them. */
const ON_RUNNER = /^(\/(home\/runner|github\/workspace|Users\/runner)\/|\{\{\s*\$GITHUB_WORKSPACE)/

/**
 * The pull steps, rendered as far as a deploy does: blocks, variables and what is unknown is left to the run. Without
 * any in the file, the flow's code is where the image has it.
 */
export function pullStepsOf(
  config: DeploymentConfig, rendering: Rendering, workingDirectory: string,
): { readonly steps: readonly Planned[]; readonly warnings: readonly Warning[] } {
  if (config.pullSteps === undefined) return { steps: [{ [SET_WORKING_DIRECTORY]: { directory: workingDirectory } }], warnings: [] }
  const steps = config.pullSteps.map((step, index) => rendering.render(step, 'run', ['pull', index])).filter((step) => step !== undefined)
  const warnings = config.pullSteps.flatMap((step, index): Warning[] => {
    if (!isOnRunner(step)) return []
    return [{
      code: 'pull-step-on-runner',
      message: `a pull step of deployment "${config.name}" names a folder of the runner, which the container does not have`,
      hint: `Remove "pull" to use the image's own working directory, ${workingDirectory}.`,
      location: config.locationOf('pull', index),
    }]
  })
  return { steps, warnings }
}

/** Whether a step, as the file has it, names a folder that only the runner has. */
export function isOnRunner(step: JsonObject): boolean {
  const directories = Object.values(step).map((settings) => (isObject(settings) ? settings.directory : undefined))
  return directories.some((directory) => typeof directory === 'string' && ON_RUNNER.test(directory))
}
