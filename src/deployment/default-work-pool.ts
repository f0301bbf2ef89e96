/** Where Prefect has the name of its default work pool from (prefect/settings/models/deployments.py). */
const VARIABLES = ['PREFECT_DEPLOYMENTS_DEFAULT_WORK_POOL_NAME', 'PREFECT_DEFAULT_WORK_POOL_NAME'] as const

/** The variable to name to people. */
export const [DEFAULT_WORK_POOL_VARIABLE] = VARIABLES

/** The pool of deployments that name none, if there is one. An empty variable is an absent one. */
export function defaultWorkPoolOf(environment: Readonly<Record<string, string>>): string | undefined {
  return VARIABLES.map((name) => environment[name]).find((value) => value !== undefined && value !== '')
}
