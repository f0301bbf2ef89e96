import { isFields, PlannedText } from '../planned.ts'
import type { Planned, PlannedObject } from '../planned.ts'
import type { Problem } from '../errors.ts'
import type { BuildStep } from './build-steps.ts'

/** What an argument must be; a value of the workspace or of another step may turn out to be any of them but a mapping. */
type Kind = 'text' | 'flag' | 'mapping'
type Signature = { readonly required: Readonly<Record<string, Kind>>; readonly optional: Readonly<Record<string, Kind>> }

/** As the functions have them: prefect/deployments/steps/utility.py, prefect_aws/deployments/steps.py. */
const SIGNATURES: Readonly<Record<Exclude<BuildStep['kind'], 'image'>, Signature>> = {
  shell: {
    required: { script: 'text' },
    optional: { directory: 'text', env: 'mapping', stream_output: 'flag', expand_env_vars: 'flag', shell: 'flag' },
  },
  copy: {
    required: { bucket: 'text', folder: 'text' },
    optional: { credentials: 'mapping', client_parameters: 'mapping', ignore_file: 'text' },
  },
}

/** What is wrong with the arguments of a step; Python would say so when it calls the function. */
export function argumentProblems({ kind, name, location }: BuildStep, given: PlannedObject): Problem[] {
  if (kind === 'image') return []
  const { required, optional } = SIGNATURES[kind]
  const known: Readonly<Record<string, Kind>> = { ...required, ...optional }
  const isMissing = (key: string) => (given[key] ?? '') === '' && !(key === 'folder' && given[key] === '')
  const wrong = [
    ...Object.keys(given).filter((key) => !(key in known)).map((key) => `does not take "${key}"`),
    ...Object.keys(required).filter(isMissing).map((key) => `needs "${key}"`),
    ...Object.keys(given).filter((key) => !isMissing(key) && isOther(given[key] ?? null, known[key])).map((key) => `cannot use its "${key}"`),
  ]
  return wrong.map((reason) => ({
    code: 'prefect-file-invalid', message: `the step ${name} ${reason}`, location,
    hint: `It takes ${Object.entries(known).map(([key, type]) => `${key} (${type})`).join(', ')}.`,
  }))
}

/** Python's truth: any text that is not empty is true, `"false"` too. */
export function isTrue(value: Planned | undefined, fallback: boolean): boolean {
  return value === undefined ? fallback : value !== '' && value !== false && value !== 0 && value !== null
}

function isOther(value: Planned, kind: Kind | undefined): boolean {
  if (kind === undefined || value === null || value instanceof PlannedText) return false
  return kind === 'mapping' ? !isFields(value) : kind === 'text' ? typeof value !== 'string' : typeof value === 'object'
}
