import type { Json, JsonObject } from '../planned.ts'
import type { DeploymentConfig } from './deployment-config.ts'
import { isRevisionName, TASK_DEFINITION_ARN } from './named-definition.ts'
import { dotted, placeholdersIn } from './template.ts'

/** A deployment without the parts that say nothing until the workspace is asked, and these parts in words. */
export type ClosedConfig = { readonly config: DeploymentConfig; readonly left: readonly string[] }

/**
 * Leaves out what cannot be judged while the values of variables and blocks are not known: a schedule of which such a
 * value decides when it runs, tags that are one. What the image decides together with the work pool goes as well: which
 * of these job variables counts, only the pool's template tells. That a task definition of the release is named, and
 * which, the file alone says.
 */
export function closedConfig(config: DeploymentConfig): ClosedConfig {
  const { schedules, tags, workPool } = config
  const kept = (schedules ?? []).flatMap((schedule, index) => (isOpen(without(schedule, ['parameters'])) ? [] : [{ schedule, index }]))
  const openSchedules = (schedules?.length ?? 0) - kept.length
  const hasOpenTags = typeof tags === 'string' && isOpen(tags)
  const isNamed = placeholdersIn(workPool.jobVariables[TASK_DEFINITION_ARN] ?? null).some(({ name }) => isRevisionName(dotted(name)))
  const jobVariables = without(workPool.jobVariables, ['image', ...(isNamed ? [] : [TASK_DEFINITION_ARN])])
  return {
    config: {
      ...config,
      schedules: schedules && kept.map(({ schedule }) => schedule),
      schedulePath: (position) => config.schedulePath(kept[position]?.index ?? position),
      tags: hasOpenTags ? [] : tags,
      workPool: { ...workPool, jobVariables },
    },
    left: [
      ...(openSchedules > 0 ? [`${openSchedules} of the ${schedules?.length ?? 0} schedules of deployment "${config.name}"`] : []),
      ...(hasOpenTags ? [`The tags of deployment "${config.name}"`] : []),
    ],
  }
}

/** Whether a value of the workspace is part of it. */
export function isOpen(value: Json): boolean {
  return placeholdersIn(value).some(({ kind }) => kind === 'variable' || kind === 'block')
}

function without(object: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)))
}
