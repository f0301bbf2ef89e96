import type { DeploymentConfig } from '../deployment/deployment-config.ts'
import { lookupKey, referencesOf } from '../deployment/references.ts'
import type { Inputs } from '../inputs.ts'
import type { Project } from './read.ts'
import type { ProjectDefinition } from './read-definitions.ts'
import type { Omission } from '../release-plan.ts'

/**
 * What a plan without credentials cannot say, in words for a reviewer.
 * @param left parts of deployments that had to be left out.
 */
export function offlineOmissions(inputs: Inputs, { configs, definitions }: Project, left: readonly string[]): Omission[] {
  const why = [...new Set(inputs.missing.map(({ reason }) => reason))].join(', and ')
  const { given, platform, tags } = inputs.image
  const isAssumed = platform === undefined && definitions.every(({ definition }) => definition === undefined)
  const things = [
    given === undefined ? 'Whether the image is in ECR already' : `Whether there is an image "${given}"`,
    ...(tags.length === 0 ? [] : [`Where the image's further tags are now (${tags.join(', ')})`]),
    ...definitions.map((each) => taskDefinitionPart(each, isAssumed)),
    ...(inputs.service === undefined ? [] : [`Whether the worker service "${inputs.service.service}" restarts`]),
    ...(inputs.workPoolTemplate === undefined ? [] : [`Differences from the live work pool of "${inputs.workPoolTemplate}"`]),
    'Differences from the live deployments',
    'The impact on runs, and deployments that only the server has',
    'Whether the work pools take the job variables',
    ...workspaceParts(configs, left),
  ]
  return things.map((what) => ({ what, reason: why }))
}

function taskDefinitionPart({ input, family, definition }: ProjectDefinition, isAssumed: boolean): string {
  if (definition !== undefined) return `Differences from the live task definition "${family}"`
  const assumed = isAssumed ? '; the fingerprint is that of an image for linux/amd64' : ''
  return `The task definition "${input}", which is not in the checkout${assumed}`
}

function workspaceParts(configs: readonly DeploymentConfig[], left: readonly string[]): string[] {
  const references = referencesOf(configs).map(lookupKey)
  return references.length === 0 ? [] : [`Values of the workspace (${references.join(', ')})`, ...left]
}
