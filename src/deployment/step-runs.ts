import { throwProblems } from '../errors.ts'
import type { Problem, Warning } from '../errors.ts'
import { isFields, isSensitive, PlannedText } from '../planned.ts'
import type { PlannedObject } from '../planned.ts'
import type { BuildStep, BuildSteps } from './build-steps.ts'
import type { DeploymentConfig } from './deployment-config.ts'
import { isRevisionName } from './named-definition.ts'
import { Rendering } from './rendering.ts'
import type { ReleaseImage, Sources, StepOutputs } from './rendering.ts'
import { argumentProblems } from './step-arguments.ts'
import { flatAndUnder, imageOutputs } from './step-outputs.ts'
import { dotted, placeholdersIn } from './template.ts'

/** A step that a release does once, for all deployments that have it. */
export type StepRun = {
  /** From 1 on; results are called by it: `step 1 stdout`. */
  readonly number: number
  readonly step: BuildStep
  /** Its arguments, rendered; what an earlier script prints is not known yet. */
  readonly settings: PlannedObject
  /** Names of deployments in the Prefect file. */
  readonly deployments: readonly string[]
}

export type StepRuns = {
  /** In the order in which they are done. */
  readonly runs: readonly StepRun[]
  /** What placeholders of a deployment stand for that name what its steps give. */
  readonly outputsOf: (config: DeploymentConfig) => StepOutputs
  /** The runs that a deployment's own steps come to. */
  readonly runsOf: (config: DeploymentConfig) => readonly StepRun[]
  readonly warnings: readonly Warning[]
}

export type StepSources = { readonly sources: Sources; readonly image: ReleaseImage }

type Mutable<T> = { -readonly [key in keyof T]: T[key] }
type Collection = { readonly byChain: Map<string, Mutable<StepRun>>; readonly problems: Problem[]; readonly warnings: Warning[] }
type OwnSteps = { readonly outputs: StepOutputs; readonly runs: readonly StepRun[] }

/**
 * The steps of all deployments. Prefect does the steps of every deployment anew; here deployments share a step when it
 * and all steps before it are equal once they are rendered.
 * @throws DeployError with all that is wrong with them.
 */
export function collectSteps(configs: readonly DeploymentConfig[], sources: StepSources): StepRuns {
  const collection: Collection = { byChain: new Map(), problems: [], warnings: [] }
  const own = new Map<BuildSteps, OwnSteps>(configs.map((config) => [config.buildSteps, walk(config, sources, collection)]))
  throwProblems(distinct(collection.problems))
  return {
    runs: [...collection.byChain.values()],
    outputsOf: ({ buildSteps }) => own.get(buildSteps)?.outputs ?? new Map(),
    runsOf: ({ buildSteps }) => own.get(buildSteps)?.runs ?? [],
    warnings: distinct(collection.warnings),
  }
}

function walk(config: DeploymentConfig, { sources, image }: StepSources, { byChain, problems, warnings }: Collection): OwnSteps {
  const outputs: Mutable<Map<string, PlannedObject[string]>> = new Map()
  const runs: StepRun[] = []
  const give = ({ id }: BuildStep, given: PlannedObject) => {
    for (const [name, value] of flatAndUnder(id, given)) outputs.set(name, value)
  }
  let chain = ''
  for (const step of config.buildSteps.steps) {
    if (step.kind === 'image') {
      give(step, imageOutputs(image))
      continue
    }
    const rendering = new Rendering({ ...config, locationOf: () => step.location }, sources, { image, stepOutputs: new Map(outputs) })
    const rendered = rendering.render(step.settings, 'deploy', [])
    const settings = isFields(rendered) ? rendered : {}
    problems.push(...tooEarly(step), ...rendering.problems, ...(rendering.problems.length === 0 ? argumentProblems(step, settings) : []))
    warnings.push(...rendering.warnings)
    chain += `${JSON.stringify([step.kind, settings])}\n`
    const run = byChain.get(chain) ?? { number: byChain.size + 1, step, settings, deployments: [] }
    byChain.set(chain, run)
    run.deployments = [...run.deployments, config.name]
    runs.push(run)
    give(step, returned(run))
  }
  return { outputs, runs }
}

/** A script that was given a secret may print it. */
function returned({ number, step, settings }: StepRun): PlannedObject {
  if (step.kind === 'copy') return { bucket: settings.bucket ?? null, folder: settings.folder ?? null }
  const output = (name: string) => new PlannedText([{ result: `step ${number} ${name}` }], isSensitive(settings))
  return { stdout: output('stdout'), stderr: output('stderr') }
}

function tooEarly({ name, settings, location }: BuildStep): Problem[] {
  if (!placeholdersIn(settings).some(({ name }) => isRevisionName(dotted(name)))) return []
  return [{
    code: 'prefect-file-invalid', message: `the step ${name} wants the task definition, which is registered after the steps`, location,
    hint: 'Use the output task-definition-arn in a step of the workflow after this one.',
  }]
}

/** A step of the top level is met once for every deployment. */
function distinct<T>(found: readonly T[]): T[] {
  return [...new Map(found.map((each) => [JSON.stringify(each), each])).values()]
}
