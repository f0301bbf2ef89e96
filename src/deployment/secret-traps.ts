import type { Problem, Warning } from '../errors.ts'
import { isFields, isItems } from '../planned.ts'
import type { Planned, PlannedObject } from '../planned.ts'
import { runContainerOf } from './container-traps.ts'
import { isEmpty } from './effective-job.ts'
import { containersOf, ownerOf } from './judged.ts'
import type { Judged } from './judged.ts'

type Login = { readonly variable: string; readonly name: string }

/** What the worker passes on of its own login, by the job variable that says that a secret takes its place. */
const LOGINS = [
  { variable: 'prefect_api_key_secret_arn', name: 'PREFECT_API_KEY' },
  { variable: 'prefect_api_auth_string_secret_arn', name: 'PREFECT_API_AUTH_STRING' },
] satisfies Login[]

/**
 * A secret's job variable makes the worker leave the plain value out of a run's environment; into a registered task
 * definition it does not put the secret (`prepare_for_flow_run` in prefect_aws/workers/ecs_worker.py).
 */
export function secretTraps(judged: Judged): Problem[] {
  return LOGINS.flatMap((login) => [...taken(judged, login), ...mismatches(judged, login)])
}

/** A secret's job variable that nothing in the pool's template refers to: older pools lack it. */
export function unusedSecrets(judged: Judged): Warning[] {
  const { job, pool } = judged
  return LOGINS.flatMap(({ variable, name }): Warning[] => {
    if (isEmpty(job.variables[variable] ?? null) || job.usesOf(variable).length > 0) return []
    const isOwn = variable in judged.config.workPool.jobVariables
    const { owner, location } = ownerOf({ value: null, origin: isOwn ? 'deployment' : 'pool default', variable }, judged)
    return [{
      code: 'secret-variable-unused',
      message: `${owner} has ${variable}, which the template of work pool "${pool.name}" does not use: runs get ${name} in plain text`,
      hint: `Add ${variable} to variables and job configuration of its base job template; pools made before 2025 lack it.`,
      location,
    }]
  })
}

function mismatches(judged: Judged, { variable, name }: Login): Problem[] {
  const { job, run } = judged
  if (run.origin !== 'release') return []
  const { name: target } = runContainerOf(judged)
  const container = containersOf(run.definition).find((each) => each.name === target)
  if (container === undefined) return [] // said of the container itself
  const setting = job.setting(variable)
  const { owner, location } = ownerOf(setting, judged)
  const where = `container "${target ?? ''}" of task definition "${run.family}"`
  if (setting !== undefined && !provides(container, name)) {
    const message = `${owner} has ${variable}, so the worker leaves ${name} out, but ${where} has no such secret: runs could not log in`
    return [{ code: 'secret-mismatch', message, hint: `Add the secret ${name} to the container, or remove ${variable}.`, location }]
  }
  if (setting !== undefined || !namesIn(container.secrets).includes(name) || job.environment[name] === null) return []
  const message = `${where} has the secret ${name}, but ${owner} has no ${variable}: the worker sends its own value too, in plain text`
  return [{ code: 'secret-mismatch', message, hint: remedy(judged, { variable, name }), location }]
}

function remedy({ job, pool }: Judged, { variable, name }: Login): string {
  if (job.usesOf(variable).length > 0) return `Set the job variable ${variable} to the secret's ARN.`
  return `Add ${variable} to the base job template of work pool "${pool.name}", or take the plain value away: env: {${name}: null}.`
}

/** The worker deletes the variable from a run's environment, from which null has taken it before: a KeyError. */
function taken(judged: Judged, { variable, name }: Login): Problem[] {
  const setting = judged.job.setting(variable)
  if (name !== 'PREFECT_API_KEY' || setting === undefined || judged.job.environment[name] !== null) return []
  const { owner, location } = ownerOf(setting, judged)
  const message = `${owner} has ${variable} beside env: {${name}: null}: the ECS worker raises an error for every run`
  return [{ code: 'worker-would-refuse', message, hint: `Remove ${name} from env: the worker leaves it out by itself.`, location }]
}

/** Files of variables may hold it too; they are not read. */
function provides({ secrets, environment, environmentFiles }: PlannedObject, name: string): boolean {
  return [...namesIn(secrets), ...namesIn(environment)].includes(name) || !isEmpty(environmentFiles ?? null)
}

function namesIn(list: Planned | undefined): readonly Planned[] {
  return isItems(list) ? list.filter(isFields).flatMap(({ name }) => (name === undefined ? [] : [name])) : []
}
