import { DeployError, describeLocation, throwProblems } from '../errors.ts'
import type { Problem } from '../errors.ts'
import type { DeploymentConfig } from './deployment-config.ts'
import type { PrefectFile } from './prefect-file.ts'

/**
 * The deployments that the patterns name, in the file's order; all of them without patterns.
 * @param patterns `deployment` or `flow/deployment`, `*` stands for any text. The flow is the entrypoint's function,
 *   as it is written or with dashes: a name given in the decorator is not known yet.
 * @throws DeployError `deployment-not-found` for a pattern that names none, or what the selected ones have that this
 *   action does not support.
 */
export function selectDeployments(file: PrefectFile, patterns: readonly string[]): DeploymentConfig[] {
  const missing = patterns.filter((pattern) => !file.deployments.some((config) => matches(config, pattern)))
  if (missing.length > 0 || file.deployments.length === 0) throw notFound(file, missing)
  const selected = file.deployments.filter((config) => patterns.length === 0 || patterns.some((pattern) => matches(config, pattern)))
  throwProblems([...distinct(selected.flatMap(({ unsupported }) => unsupported)), ...severalImages(selected)])
  return selected
}

function matches({ name, entrypoint }: DeploymentConfig, pattern: string): boolean {
  const slash = pattern.indexOf('/')
  if (slash === -1) return glob(pattern).test(name)
  const flow = glob(pattern.slice(0, slash))
  return glob(pattern.slice(slash + 1)).test(name) && flowNames(entrypoint).some((each) => flow.test(each))
}

/** `flows/etl.py:Etl.run_daily` is `Etl.run_daily`, `run_daily` and `run-daily`; so is the last part of a module path. */
function flowNames(entrypoint: string): string[] {
  const callable = entrypoint.slice(entrypoint.lastIndexOf(':') + 1)
  const name = callable.slice(callable.lastIndexOf('.') + 1)
  return [callable, name].flatMap((each) => [each, each.replaceAll('_', '-')])
}

function glob(pattern: string): RegExp {
  const parts = pattern.split('*').map((text) => text.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`, 's')
}

function notFound({ path, deployments }: PrefectFile, missing: readonly string[]): DeployError {
  const wanted = missing.map((pattern) => `"${pattern}"`).join(', ')
  const message = missing.length === 0 ? `${path} has no deployments` : `${path} has no deployment ${wanted}`
  const names = [...new Set(deployments.map(({ name }) => name))]
  return new DeployError('deployment-not-found', message, {
    hint: names.length === 0 ? 'Add a list "deployments" to it.' : `It has ${names.join(', ')}.`,
    location: { file: path },
  })
}

/** One run builds one image. */
function severalImages(selected: readonly DeploymentConfig[]): Problem[] {
  const [first, ...others] = selected.filter(({ buildSteps }) => buildSteps.image !== undefined)
  const other = others.find(({ buildSteps }) => buildSteps.image !== first?.buildSteps.image)
  if (first === undefined || other === undefined) return []
  return [{
    code: 'step-unsupported',
    message: `the deployments "${first.name}" and "${other.name}" (${describeLocation(other.location)}) build different images`,
    hint: 'Use the action once for each image, with the input deployments.',
    location: first.location,
  }]
}

/** A step of the top level is met once for every deployment. */
function distinct(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()]
}
