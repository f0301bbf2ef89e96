import { isDeepStrictEqual } from 'node:util'
import { isList, resolve } from '../planned.ts'
import type { Change, Json, Planned, Results } from '../planned.ts'
import type { LiveDeployment } from '../prefect-ports.ts'
import type { DesiredDeployment, FieldName } from './desired-deployment.ts'
import { differences } from './differences.ts'
import type { DifferenceOptions } from './differences.ts'

/**
 * Where deployments of Prefect 2 and of `flow.deploy()` say that their code and infrastructure are. A run of a deployment without pull steps
 * fetches its code from there (prefect/flows.py, `load_flow_from_flow_run`) instead of using the image's, and the storage blocks of
 * Prefect 2 are no longer there to do it. A release says where the code is itself, so these are always nothing.
 */
const EARLIER_PLACES = ['path', 'storage_document_id', 'infrastructure_document_id'] as const
type EarlierPlace = (typeof EARLIER_PLACES)[number]

export type GroupField = FieldName | 'enforce_parameter_schema' | EarlierPlace

/**
 * Fields that are sent together when one of them changes: alone, a queue moves the deployment to another pool, job
 * variables are not validated, parameters are checked against the old schema.
 */
export const FIELD_GROUPS: readonly (readonly GroupField[])[] = [
  ['description'],
  ['tags'],
  ['entrypoint'],
  ['pull_steps'],
  EARLIER_PLACES,
  ['work_pool_name', 'work_queue_name', 'job_variables'],
  ['parameter_openapi_schema', 'parameters', 'enforce_parameter_schema'],
]

/** What null stands for; the server keeps some of them as null and some as this. */
const NULL: Readonly<Partial<Record<GroupField, Json>>> = {
  tags: [], pull_steps: [], work_queue_name: 'default', job_variables: {}, parameters: {}, parameter_openapi_schema: {},
}

/** What a server takes where null is no value. */
const RESTORED: Readonly<Partial<Record<GroupField, Json>>> = {
  tags: [], job_variables: {}, parameters: {}, enforce_parameter_schema: true,
}

export type Comparison = { readonly live: LiveDeployment; readonly results: Results }

export function fieldChanges(field: GroupField, desired: DesiredDeployment, { live, results }: Comparison): Change[] {
  const before = field === 'description' && live.fields[field] === '' ? null : (live.fields[field] ?? NULL[field] ?? null)
  const after = resolve(desiredValue(field, desired, live) ?? NULL[field] ?? null, results)
  return field === 'tags' && isSameSet(before, after) ? [] : differences(field, before, after, differenceOptions(field))
}

/** Only these have keys that people chose. */
export function differenceOptions(field: string): DifferenceOptions {
  return { hasSecretNames: ['parameters', 'job_variables', 'pull_steps'].includes(field), isHydrated: field === 'parameters' }
}

/** What is sent; a flag that the file leaves out goes along as it is. */
export function desiredValue(field: GroupField, { fields, enforceParameterSchema }: DesiredDeployment, live: LiveDeployment): Planned {
  if (isEarlierPlace(field)) return null
  return field === 'enforce_parameter_schema' ? (enforceParameterSchema ?? liveValue(field, live)) : fields[field]
}

export function liveValue(field: GroupField, { fields }: LiveDeployment): Json {
  return fields[field] ?? RESTORED[field] ?? null
}

function isEarlierPlace(field: GroupField): field is EarlierPlace {
  return EARLIER_PLACES.some((place) => place === field)
}

/** The server keeps the order of tags, but nothing depends on it. */
function isSameSet(before: Json, after: Planned): boolean {
  return isList(before) && Array.isArray(after) && isDeepStrictEqual([...before].sort(), [...(after as readonly Planned[])].sort())
}
