import { isDeepStrictEqual } from 'node:util'
import { isKnown, isList, isObject, resolve, reveal, revisionOf } from '../planned.ts'
import type { Json, Results } from '../planned.ts'
import type { LiveDeployment, LiveWorkPool } from '../prefect-ports.ts'
import type { DeploymentConfig } from './deployment-config.ts'
import type { Flow } from '../flow.ts'
import { imageVariableOf } from './job-image.ts'
import type { ImageVariable, Pin } from './job-image.ts'
import { namedFamily } from './named-definition.ts'
import { SET_WORKING_DIRECTORY } from './pull-steps.ts'
import { Rendering } from './rendering.ts'
import type { ReleaseImage, Sources, StepOutputs } from './rendering.ts'

export type PinnedOptions = Sources & {
  readonly live: readonly LiveDeployment[]
  /** With its names resolved. */
  readonly config: DeploymentConfig
  readonly pool: LiveWorkPool
  readonly image: ReleaseImage
  /** Of the task definitions that this release registers. */
  readonly families: readonly string[]
  readonly pin?: Pin
  /** The pool as it is now, whose default tells what its deployments run; of no matter unless the pool is pinned. */
  readonly livePool?: LiveWorkPool | undefined
  readonly stepOutputs?: StepOutputs
  readonly results: Results
}

/**
 * The live deployment that runs this code from this very image already, if it is exactly one: name, entrypoint and
 * pull steps tell what it runs, for the flow's name is not known without reading the flow. Its schema can only have
 * been changed by hand, so the flow need not be read: {@link flowOfLive}.
 */
export function pinnedTo(options: PinnedOptions): LiveDeployment | undefined {
  const { live, config } = options
  const isSame = ({ name, fields }: LiveDeployment) =>
    name === config.name && fields.entrypoint === config.entrypoint && hasPullSteps(fields.pull_steps, options)
  const [only, ...others] = live.filter(isSame)
  return only !== undefined && others.length === 0 && isPinned(only, options) ? only : undefined
}

/** The flow as it was when the deployment was last written; without a description in the file, the live one stays. */
export function flowOfLive({ flowName, fields }: LiveDeployment): Flow {
  const { entrypoint, description, version, parameter_openapi_schema: schema } = fields
  return {
    entrypoint: textOf(entrypoint) ?? '',
    name: flowName,
    description: textOf(description) ?? null,
    version: textOf(version) ?? null,
    parameterSchema: isObject(schema) ? schema : {},
  }
}

function isPinned({ fields }: LiveDeployment, options: PinnedOptions): boolean {
  const variable = imageVariableOf(options)
  if (variable === undefined || !isObject(fields.job_variables) || !isObject(fields.parameter_openapi_schema)) return false
  const result = resultFor(variable, options)
  const { [variable]: own = poolDefault(fields.work_pool_name, variable, options) } = fields.job_variables
  return result !== undefined && own === result
}

function resultFor(variable: NonNullable<ImageVariable>, { config, families, results }: PinnedOptions): string | undefined {
  const family = namedFamily(config, families)
  if (variable === 'image') return results.image
  return family === undefined ? undefined : results[revisionOf(family)]
}

/** What the pool gives to a deployment of it, where the pool is pinned. */
function poolDefault(poolName: Json | undefined, variable: string, { pin, livePool }: PinnedOptions): Json | undefined {
  if (pin !== 'pool' || livePool === undefined || livePool.name !== poolName) return undefined
  const { variables } = livePool.baseJobTemplate
  const property = isObject(variables) && isObject(variables.properties) ? variables.properties[variable] : undefined
  return isObject(property) ? property.default : undefined
}

/** The image's working directory is not known without the image; any absolute one was it when the deployment was written. */
function hasPullSteps(live: Json | undefined, options: PinnedOptions): boolean {
  const { config, results } = options
  if (config.pullSteps === undefined) return workingDirectoryOf(live)?.startsWith('/') === true
  const rendered = resolve(new Rendering(config, options, options).render([...config.pullSteps], 'run', ['pull']) ?? [], results)
  return isKnown(rendered) && isDeepStrictEqual(reveal(rendered, {}), live ?? [])
}

/** Of the single step that is there when the file has none. */
function workingDirectoryOf(steps: Json | undefined): string | undefined {
  const [only, ...others] = isList(steps) ? steps : []
  const settings = isObject(only) && Object.keys(only).length === 1 ? only[SET_WORKING_DIRECTORY] : undefined
  return others.length === 0 && isObject(settings) ? textOf(settings.directory) : undefined
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}
