import type { Problem } from '../errors.ts'
import { nearest } from '../nearest.ts'
import type { DeploymentConfig } from './deployment-config.ts'
import { dotted, placeholdersIn } from './template.ts'

/** The placeholder of a revision that this release registers, and the job variable that a worker reads it from. */
export const TASK_DEFINITION_ARN = 'task_definition_arn'

/** By which a Prefect file names the revision of a family. */
export function revisionName(family: string): string {
  return `${TASK_DEFINITION_ARN}.${family}`
}

/** {@link revisionName} as it is written. */
export function placeholderOf(family: string): string {
  return `{{ ${revisionName(family)} }}`
}

/** Whether a placeholder is for a revision, be it one of this release or not. */
export function isRevisionName(name: string): boolean {
  return name === TASK_DEFINITION_ARN || name.startsWith(revisionName(''))
}

/**
 * The family of this release that a deployment runs on: the only one, else the one that its job variable names; undefined
 * when that names none.
 */
export function namedFamily({ workPool }: DeploymentConfig, families: readonly string[]): string | undefined {
  if (families.length < 2) return families[0]
  const names = placeholdersIn(workPool.jobVariables[TASK_DEFINITION_ARN] ?? null).map(({ name }) => dotted(name))
  return families.find((family) => names.includes(revisionName(family)))
}

/** Why a placeholder has no revision to stand for. */
export function whyNoRevision(name: string, families: readonly string[]): Pick<Problem, 'code' | 'message'> & { readonly hint: string } {
  if (families.length === 0) {
    return { code: 'prefect-file-invalid', message: 'this release has no task definition', hint: 'Set the input task-definition.' }
  }
  const all = families.map(placeholderOf).join(', ')
  if (name === TASK_DEFINITION_ARN) {
    return { code: 'task-definition-ambiguous', message: 'this release has several task definitions', hint: `Name one by its family: ${all}.` }
  }
  const family = name.slice(revisionName('').length)
  const hint = families.length === 1 ? `Write ${all}, or add it to the input task-definition.` : `Did you mean ${placeholderOf(nearest(family, families))}? There are ${all}.`
  return { code: 'prefect-file-invalid', message: `the input task-definition gives no family "${family}"`, hint }
}
