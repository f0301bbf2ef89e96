import { resultOf, revisionOf } from '../planned.ts'
import type { Planned, PlannedObject } from '../planned.ts'
import type { DeploymentConfig } from './deployment-config.ts'
import { revisionName, TASK_DEFINITION_ARN } from './named-definition.ts'
import type { Release, ReleaseImage } from './rendering.ts'

/**
 * What placeholders of results stand for: the action's own results under the names that Prefect's Docker steps give
 * them, flat and under each step's id, whether the file has such steps or not; then what other steps give.
 */
export function outputsOf(
  { buildSteps }: DeploymentConfig, { image, families = [], stepOutputs = new Map() }: Partial<Release>,
): Map<string, Planned> {
  const own = image === undefined ? {} : imageOutputs(image)
  const ids = image === undefined ? [] : ['build-image', 'push-image', ...buildSteps.imageIds]
  return new Map([
    ...flatAndUnder(undefined, own),
    ...ids.flatMap((id) => flatAndUnder(id, own)),
    ...revisionOutputs(families),
    ...stepOutputs,
  ])
}

/** A revision by its family; the only one of a release without it as well. */
function revisionOutputs(families: readonly string[]): [string, Planned][] {
  const outputs = families.map((family): [string, Planned] => [revisionName(family), resultOf(revisionOf(family))])
  return [...(outputs.length === 1 ? outputs.map(([, arn]): [string, Planned] => [TASK_DEFINITION_ARN, arn]) : []), ...outputs]
}

/** What Prefect's Docker steps return, as far as this release knows it; an image given by its digest has no tag. */
export function imageOutputs({ name, tag }: ReleaseImage): PlannedObject {
  return { image: resultOf('image'), image_name: name, ...(tag !== undefined && { tag }) }
}

/**
 * The names by which placeholders find what a step returns: each key by itself, and whole and in part under the step's
 * id (`run_steps` of prefect/deployments/steps/core.py).
 */
export function flatAndUnder(id: string | undefined, outputs: PlannedObject): [string, Planned][] {
  const flat = Object.entries(outputs)
  return id === undefined ? flat : [[id, outputs], ...flat.map(([key, value]): [string, Planned] => [`${id}.${key}`, value]), ...flat]
}
