import type { Flow } from '../flow.ts'
import type { LiveDeployment } from '../prefect-ports.ts'
import { workingDirectoryOf } from './code-location.ts'
import type { DeploymentConfig } from './deployment-config.ts'
import { flowOfLive } from './pinned.ts'

/** Stands for the working directory of an image that was not looked at; only a plan has it, no release writes it. */
export const UNREAD_DIRECTORY = '(working directory of the image)'

/**
 * The flow of a deployment whose image is not there to read it in: as the server has it or, for a deployment that is
 * new, by the name that Prefect gives a flow of this entrypoint, with an empty schema.
 */
export function unreadFlow(
  { name, entrypoint }: DeploymentConfig, live: readonly LiveDeployment[],
): { readonly flow: Flow; readonly workingDirectory: string } {
  const flowName = flowNameOf(entrypoint)
  const named = live.filter((each) => each.name === name)
  const known = only(named, ({ fields }) => fields.entrypoint === entrypoint) ?? only(named, (each) => each.flowName === flowName)
  if (known !== undefined) return { flow: { ...flowOfLive(known), entrypoint }, workingDirectory: workingDirectoryOf(known) }
  return { flow: { entrypoint, name: flowName, description: null, version: null, parameterSchema: {} }, workingDirectory: UNREAD_DIRECTORY }
}

/** `@flow` without a name takes the function's, with dashes (`Flow.__init__` in prefect/flows.py). */
function flowNameOf(entrypoint: string): string {
  return (entrypoint.split(/[:.]/).at(-1) ?? entrypoint).replaceAll('_', '-')
}

function only(live: readonly LiveDeployment[], isWanted: (each: LiveDeployment) => boolean): LiveDeployment | undefined {
  const [first, ...others] = live.filter(isWanted)
  return others.length === 0 ? first : undefined
}
