import { isFields, isObject } from '../planned.ts'
import type { Json } from '../planned.ts'
import type { LiveDeployment } from '../prefect-ports.ts'
import type { DesiredDeployment } from './desired-deployment.ts'
import { isResult } from './job-image.ts'

/** How this action pins: the image by its digest, the task definition by its revision. */
const PINS = {
  image: /@sha256:[0-9a-z]+$/,
  task_definition_arn: /^arn:[^:]+:ecs:.*:task-definition\/[^:/]+:\d+$/,
} as const

/**
 * Whether this release puts its own image where the live deployment has none that was pinned so: `prefect deploy` or a
 * person made it. Never for a deployment that runs inside its worker or names an image of its own.
 */
export function isTakeover({ fields }: DesiredDeployment, live: LiveDeployment): boolean {
  const wanted = isFields(fields.job_variables) ? fields.job_variables : {}
  const has = isObject(live.fields.job_variables) ? live.fields.job_variables : {}
  const variables = ['image', 'task_definition_arn'] as const
  return variables.some((name) => isResult(wanted[name])) && !variables.some((name) => isPinned(name, has[name]))
}

/** Whether the value of a job variable is pinned as this action does it. */
export function isPinned(variable: keyof typeof PINS, value: Json | undefined): boolean {
  return typeof value === 'string' && PINS[variable].test(value)
}
