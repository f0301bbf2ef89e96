import { throwProblems } from '../errors.ts'
import type { Problem } from '../errors.ts'
import { isKnown, isSensitive } from '../planned.ts'
import type { DeploymentConfig } from './deployment-config.ts'
import { FORBIDDEN_IN_NAMES } from './deployment-problems.ts'
import { Rendering } from './rendering.ts'
import type { Sources } from './rendering.ts'
import { repeatedEntries } from './repeated.ts'

/**
 * The deployments with the placeholders of their names, entrypoints and work pools resolved: what is read from the
 * server goes by these. A value of a workspace that cannot be asked stays the placeholder that it is.
 * @throws DeployError when one has no value, or makes two deployments of one flow have the same name.
 */
export function resolveNames(configs: readonly DeploymentConfig[], sources: Sources): DeploymentConfig[] {
  const problems: Problem[] = []
  const resolved = configs.map((config) => resolveNamesOf(config, sources, problems))
  throwProblems([...problems, ...repeatedEntries(resolved)])
  return resolved
}

function resolveNamesOf(config: DeploymentConfig, sources: Sources, problems: Problem[]): DeploymentConfig {
  const rendering = new Rendering(config, sources)
  const text = (value: string, ...path: string[]) => {
    const rendered = rendering.render(value, 'here', path)
    if (typeof rendered === 'string' && rendered !== '') return rendered
    if (rendered !== undefined && !isKnown(rendered) && !isSensitive(rendered)) return value
    problems.push(nameProblem(config, `"${path.join('.')}" of deployment "${config.name}" comes to no plain text`, path))
    return value
  }
  const { workPool } = config
  const resolved = {
    ...config,
    name: text(config.name, 'name'),
    entrypoint: text(config.entrypoint, 'entrypoint'),
    workPool: {
      ...workPool,
      name: text(workPool.name, 'work_pool', 'name'),
      queue: workPool.queue === undefined ? undefined : text(workPool.queue, 'work_pool', 'work_queue_name'),
    },
  }
  if (FORBIDDEN_IN_NAMES.test(resolved.name)) {
    problems.push(nameProblem(config, `the name "${resolved.name}" has a character that Prefect forbids`, ['name']))
  }
  problems.push(...rendering.problems, ...rendering.warnings.map(({ message, hint, location }) => ({
    code: 'prefect-file-invalid' as const, message, hint, location,
  })))
  return resolved
}

function nameProblem(config: DeploymentConfig, message: string, path: readonly string[]): Problem {
  const hint = 'Give the placeholder a value, or write the name out.'
  return { code: 'prefect-file-invalid', message, hint, location: config.locationOf(...path) }
}
