import { ecrRegistryOf } from '../ecr-image.ts'
import type { Warning } from '../errors.ts'
import { fargateMisfit, sizeOf } from '../fargate-sizes.ts'
import { isFields, isItems, isSensitive } from '../planned.ts'
import type { Planned, PlannedObject } from '../planned.ts'
import type { FieldProblem } from '../ecs-ports.ts'
import { isUnpinned } from '../unpinned-image.ts'
import type { TaskDefinitionPlan } from './plan.ts'
import type { Locate } from './prepared.ts'

/** A task definition, and its container that gets the image of this release. */
type Judged = Pick<TaskDefinitionPlan, 'family' | 'definition' | 'container'>

export type DefinitionTrapOptions = {
  /** The `platform` input, `os/architecture`; undefined when it is taken from the definition. */
  readonly platform: string | undefined
  /** The account and the region of this release, as far as known. */
  readonly home: { readonly account: string | undefined; readonly region: string }
  /** Into the file that the definition comes from. */
  readonly locate?: Locate | undefined
}

type Finding = Pick<Warning, 'code' | 'message' | 'hint'> & { readonly path: FieldProblem['path'] }

/** What AWS would register, or refuse only once a task is started, and nobody wants. */
export function definitionTraps(judged: Judged, { platform, home, locate }: DefinitionTrapOptions): Warning[] {
  const found = [...sizes(judged), ...otherPlatform(judged, platform), ...unpinned(judged), ...foreignImages(judged, home), ...plainSecrets(judged)]
  return found.map(({ path, ...finding }) => ({ ...finding, ...(locate !== undefined && { location: locate(path) }) }))
}

/** That a definition for Fargate has both sizes at all, AWS checks; pairs that are newer than this table are only warned of. */
function sizes({ family, definition: { requiresCompatibilities, cpu, memory } }: Judged): Finding[] {
  const [units, mebibytes] = [sizeOf(cpu), sizeOf(memory)]
  const isForFargate = isItems(requiresCompatibilities) && requiresCompatibilities.includes('FARGATE')
  const misfit = isForFargate && units !== undefined && mebibytes !== undefined ? fargateMisfit(units, mebibytes) : undefined
  if (misfit === undefined) return []
  return [{ path: ['cpu'], code: 'fargate-size', message: `task definition "${family}": Fargate ${misfit.reason}`, hint: misfit.hint }]
}

/** AWS's default is Linux on X86_64. */
function otherPlatform({ family, definition: { runtimePlatform } }: Judged, platform: string | undefined): Finding[] {
  const { cpuArchitecture = 'X86_64', operatingSystemFamily = 'LINUX' } = isFields(runtimePlatform) ? runtimePlatform : {}
  const system = typeof operatingSystemFamily === 'string' && operatingSystemFamily.startsWith('WINDOWS') ? 'windows' : 'linux'
  const own = `${system}/${cpuArchitecture === 'ARM64' ? 'arm64' : 'amd64'}`
  if (platform === undefined || platform.split('/').slice(0, 2).join('/') === own) return []
  return [{
    path: ['runtimePlatform'],
    code: 'platform-differs',
    message: `the image is for ${platform}, but task definition "${family}" runs it on ${own}`,
    hint: 'Remove the input platform, or set runtimePlatform of the task definition.',
  }]
}

function unpinned(judged: Judged): Finding[] {
  return otherContainers(judged).flatMap(({ name, image, path }): Finding[] => (isUnpinned(image) ? [{
    path,
    code: 'image-unpinned',
    message: `container "${name}" of task definition "${judged.family}" runs ${image}, which is another image with every push`,
    hint: 'Name it by its digest or by a tag that stays.',
  }] : []))
}

/** ECS pulls from there too, when the repository's policy and the network let it. */
function foreignImages(judged: Judged, { account, region }: DefinitionTrapOptions['home']): Finding[] {
  return otherContainers(judged).flatMap(({ name, image, path }): Finding[] => {
    const registry = ecrRegistryOf(image)
    const isAbroad = registry !== undefined && region !== '' && registry.region !== region
    const isForeign = registry !== undefined && account !== undefined && registry.account !== account
    const places = [...(isForeign ? [`account ${registry.account}`] : []), ...(isAbroad ? [`region ${registry.region}`] : [])]
    return places.length === 0 ? [] : [{
      path,
      code: 'image-foreign',
      message: `container "${name}" of task definition "${judged.family}" runs an image of ${places.join(' and ')}`,
      hint: 'Let that repository\'s policy allow the execution role to pull it, or name the image of this account and region.',
    }]
  })
}

type OtherContainer = { readonly name: string; readonly image: string; readonly path: FieldProblem['path'] }

/** Containers that do not get this release's image. */
function otherContainers({ definition: { containerDefinitions }, container }: Judged): OtherContainer[] {
  return fieldsOf(containerDefinitions).flatMap(({ name, image }, index) =>
    typeof name === 'string' && typeof image === 'string' && name !== container ? [{ name, image, path: ['containerDefinitions', index, 'image'] }] : [])
}

/** Whoever may describe the definition reads its environment. */
function plainSecrets({ family, definition: { containerDefinitions } }: Judged): Finding[] {
  return fieldsOf(containerDefinitions).flatMap(({ name, environment = null }, index): Finding[] => {
    const secrets = fieldsOf(environment).flatMap((variable) => (typeof variable.name === 'string' && isSensitive(variable) ? [variable.name] : []))
    if (secrets.length === 0) return []
    return [{
      path: ['containerDefinitions', index, 'environment'],
      code: 'secret-in-environment',
      message: `container ${JSON.stringify(name)} of task definition "${family}" has ${secrets.join(', ')} in plain text, for all who may describe it`,
      hint: 'Keep it in Secrets Manager or SSM, and name its place with the input secrets or under "secrets".',
    }]
  })
}

function fieldsOf(list: Planned | undefined): PlannedObject[] {
  return isItems(list) ? list.filter(isFields) : []
}
