import { DeployError, describeLocation, throwProblems } from '../errors.ts'
import type { Problem } from '../errors.ts'
import type { DeploymentConfig } from './deployment-config.ts'
import type { PrefectFiles } from './prefect-file.ts'

/**
 * The deployments that the patterns name, in the files' order; all of them without patterns.
 * @param patterns `deployment` or `flow/deployment`, `*` stands for any text. The flow is the entrypoint's function,
 *   as it is written or with dashes: a name given in the decorator is not known yet.
 * @throws DeployError `deployment-not-found` for a pattern that names none, or what the selected ones have that this
 *   action does not support.
 */
export function selectDeployments(files: PrefectFiles, patterns: readonly string[]): DeploymentConfig[] {
  const found = patterns.map((pattern) => files.deployments.filter(matcherOf(pattern)))
  const missing = patterns.filter((_, index) => found[index]?.length === 0)
  if (missing.length > 0 || files.deployments.length === 0) throw notFound(files, missing)
  const named = new Set(found.flat())
  const selected = files.deployments.filter((config) => patterns.length === 0 || named.has(config))
  throwProblems([...distinct(selected.flatMap(({ unsupported }) => unsupported)), ...severalImages(selected)])
  return selected
}

/** Whether a pattern names a deployment. */
type Matches = (config: Pick<DeploymentConfig, 'name' | 'entrypoint'>) => boolean

export function matcherOf(pattern: string): Matches {
  const slash = pattern.indexOf('/')
  const isName = textMatcher(pattern.slice(slash + 1))
  if (slash === -1) return ({ name }) => isName(name)
  const isFlow = textMatcher(pattern.slice(0, slash))
  return ({ name, entrypoint }) => isName(name) && flowNames(entrypoint).some(isFlow)
}

function textMatcher(pattern: string): (text: string) => boolean {
  if (!pattern.includes('*')) return (text) => text === pattern
  const expression = glob(pattern)
  return (text) => expression.test(text)
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

/** So many names are listed to somebody who misspelt one. */
const MAX_LISTED = 30

function notFound({ paths, deployments }: PrefectFiles, missing: readonly string[]): DeployError {
  const wanted = missing.map((pattern) => `"${pattern}"`).join(', ')
  const [where, have, it] = paths.length > 1 ? [paths.join(', '), 'have', 'They have'] : [paths.join(), 'has', 'It has']
  const message = missing.length === 0 ? `${where} ${have} no deployments` : `${where} ${have} no deployment ${wanted}`
  const names = [...new Set(deployments.map(({ name }) => name))]
  const more = names.length > MAX_LISTED ? ` and ${names.length - MAX_LISTED} more` : ''
  return new DeployError('deployment-not-found', message, {
    hint: names.length === 0 ? 'Add a list "deployments" to it.' : `${it} ${names.slice(0, MAX_LISTED).join(', ')}${more}.`,
    ...(paths[0] !== undefined && { location: { file: paths[0] } }),
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
