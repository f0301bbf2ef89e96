import type { JsonObject } from '../planned.ts'
import type { DeploymentConfig } from './deployment-config.ts'
import { defaultName } from './triggers.ts'

/** The trigger of the file that a change's path is about, as {@link findScheduleOf} does; undefined for an automation that only the server has. */
export function findTriggerOf({ name, triggers }: DeploymentConfig, path: string): { readonly trigger: JsonObject | undefined; readonly rest: string } {
  const names = triggers.map((trigger, index) => (typeof trigger.name === 'string' && trigger.name !== '' ? trigger.name : defaultName(name, index)))
  const index = names.findIndex((each) => path === each || path.startsWith(`${each}.`))
  return { trigger: triggers[index], rest: path.slice((names[index] ?? path).length + 1) }
}
