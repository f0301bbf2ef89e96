import type { Location, Warning } from '../errors.ts'
import { fargateMisfit, sizeOf } from '../fargate-sizes.ts'
import { isFields, isItems } from '../planned.ts'
import { isUnpinned } from '../unpinned-image.ts'
import type { TaskDefinitionPlan } from './plan.ts'

/** A task definition, and its container that gets the image of this release. */
type Judged = Pick<TaskDefinitionPlan, 'family' | 'definition' | 'container'>

export type DefinitionTrapOptions = {
  /** The `platform` input, `os/architecture`; undefined when it is taken from the definition. */
  readonly platform: string | undefined
  /** Of the file that the definition comes from. */
  readonly location?: Location
}

type Finding = Pick<Warning, 'code' | 'message' | 'hint'>

/** What AWS would register, or refuse only once a task is started, and nobody wants. */
export function definitionTraps(judged: Judged, { platform, location }: DefinitionTrapOptions): Warning[] {
  const found = [...sizes(judged), ...otherPlatform(judged, platform), ...unpinned(judged)]
  return found.map((finding) => ({ ...finding, ...(location !== undefined && { location }) }))
}

/** That a definition for Fargate has both sizes at all, AWS checks; pairs that are newer than this table are only warned of. */
function sizes({ family, definition: { requiresCompatibilities, cpu, memory } }: Judged): Finding[] {
  const [units, mebibytes] = [sizeOf(cpu), sizeOf(memory)]
  const isForFargate = isItems(requiresCompatibilities) && requiresCompatibilities.includes('FARGATE')
  const misfit = isForFargate && units !== undefined && mebibytes !== undefined ? fargateMisfit(units, mebibytes) : undefined
  if (misfit === undefined) return []
  return [{ code: 'fargate-size', message: `task definition "${family}": Fargate ${misfit.reason}`, hint: misfit.hint }]
}

/** AWS's default is Linux on X86_64. */
function otherPlatform({ family, definition: { runtimePlatform } }: Judged, platform: string | undefined): Finding[] {
  const { cpuArchitecture = 'X86_64', operatingSystemFamily = 'LINUX' } = isFields(runtimePlatform) ? runtimePlatform : {}
  const system = typeof operatingSystemFamily === 'string' && operatingSystemFamily.startsWith('WINDOWS') ? 'windows' : 'linux'
  const own = `${system}/${cpuArchitecture === 'ARM64' ? 'arm64' : 'amd64'}`
  if (platform === undefined || platform.split('/').slice(0, 2).join('/') === own) return []
  return [{
    code: 'platform-differs',
    message: `the image is for ${platform}, but task definition "${family}" runs it on ${own}`,
    hint: 'Remove the input platform, or set runtimePlatform of the task definition.',
  }]
}

function unpinned({ family, definition: { containerDefinitions }, container }: Judged): Finding[] {
  const others = isItems(containerDefinitions) ? containerDefinitions.filter(isFields).filter(({ name }) => name !== container) : []
  return others.flatMap(({ name, image }): Finding[] => {
    if (typeof name !== 'string' || typeof image !== 'string' || !isUnpinned(image)) return []
    return [{
      code: 'image-unpinned',
      message: `container "${name}" of task definition "${family}" runs ${image}, which is another image with every push`,
      hint: 'Name it by its digest or by a tag that stays.',
    }]
  })
}
