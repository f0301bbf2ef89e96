import { fullName } from '../deployment-name.ts'
import { describeLocation } from '../errors.ts'
import type { Location, Problem } from '../errors.ts'
import type { DeploymentConfig } from './deployment-config.ts'
import type { DesiredDeployment } from './desired-deployment.ts'

type Entry = Pick<DeploymentConfig, 'name' | 'entrypoint' | 'location'>

/** Deployments of the same name and entrypoint, in one file or in several. */
export function repeatedEntries(entries: readonly Entry[]): Problem[] {
  return repeated(entries, ({ name, entrypoint }) => [entrypoint, name]).map(([first, { name, location }]) => ({
    code: 'prefect-file-invalid',
    message: `deployment "${name}" is there twice for the same flow`,
    hint: `The first is at ${describeLocation(first.location)}; rename one of them.`,
    location,
  }))
}

/**
 * Deployments that would overwrite one before: the server knows one by the names of its flow and its own, and that two
 * entrypoints have a flow of the same name is seen only once they are read.
 */
export function repeatedDeployments(deployments: readonly DesiredDeployment[]): Problem[] {
  return repeated(deployments, ({ flowName, name }) => [flowName, name]).map(([first, second]) => ({
    code: 'prefect-file-invalid',
    message: `the deployments at ${describeLocation(first.location)} and ${describeLocation(second.location)} would both be "${fullName(second)}"`,
    hint: 'Give one of the two flows or deployments another name.',
    location: second.location,
  }))
}

/** Each that is not the first of its kind, after the first. */
function repeated<T extends { readonly location: Location }>(all: readonly T[], kindOf: (one: T) => readonly string[]): [T, T][] {
  const firsts = new Map<string, T>()
  return all.flatMap((one): [T, T][] => {
    const kind = JSON.stringify(kindOf(one))
    const first = firsts.get(kind)
    if (first !== undefined) return [[first, one]]
    firsts.set(kind, one)
    return []
  })
}
