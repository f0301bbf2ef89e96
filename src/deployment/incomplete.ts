import { isItems } from '../planned.ts'
import type { Planned } from '../planned.ts'
import type { LiveDeployment } from '../prefect-ports.ts'

/**
 * The tag of a deployment that this action has created, paused, and not finished; its last write takes the tag away. A
 * run that was killed in between leaves it: only so can the next one tell that pause from one set by a person. (A PATCH
 * of a deployment takes neither labels nor its name, see DeploymentUpdate in prefect/server/schemas/actions.py.)
 */
export const INCOMPLETE = 'prefect-ecs-deploy:incomplete'

/** Whether a run of this action was ended before it had finished the new deployment. */
export function isIncomplete({ fields: { tags } }: LiveDeployment): boolean {
  return Array.isArray(tags) && tags.includes(INCOMPLETE)
}

export function withMark(tags: Planned): readonly Planned[] {
  return [...(isItems(tags) ? tags : []), INCOMPLETE]
}

export function withoutMark(tags: Planned): readonly Planned[] {
  return isItems(tags) ? tags.filter((tag) => tag !== INCOMPLETE) : []
}
