import { DeployError } from '../errors.ts'
import { isObject } from '../planned.ts'
import type { TaskDefinition } from '../ecs-ports.ts'

type Platform = 'linux/amd64' | 'linux/arm64'

/**
 * What the image has to run on, for all of them get the same one. ECS's own default is X86_64 (RuntimePlatform in the ECS
 * API reference), which is also the answer for none.
 * @throws DeployError `platform-mismatch` when they differ.
 */
export function commonPlatform(definitions: readonly TaskDefinition[]): Platform {
  const platforms = new Map(definitions.map((definition) => [platformOf(definition), definition.family]))
  const [first, second] = [...platforms]
  if (second === undefined) return first?.[0] ?? 'linux/amd64'
  const told = [...platforms].map(([platform, family]) => `"${family}" on ${platform}`).join(', ')
  throw new DeployError('platform-mismatch', `The task definitions run one image on different platforms: ${told}`, {
    hint: 'Give them the same runtimePlatform, release them in steps of their own, or set the input platform.',
  })
}

function platformOf({ runtimePlatform }: TaskDefinition): Platform {
  return isObject(runtimePlatform) && runtimePlatform.cpuArchitecture === 'ARM64' ? 'linux/arm64' : 'linux/amd64'
}
