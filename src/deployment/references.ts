import { isList, isObject } from '../planned.ts'
import type { Json } from '../planned.ts'
import type { DeploymentConfig } from './deployment-config.ts'
import { placeholdersIn } from './template.ts'
import type { Placeholder } from './template.ts'

/** A variable or a block of the workspace; the argument of `PrefectWorkspace.lookUp`. */
export type Reference = { readonly variable: string } | { readonly blockType: string; readonly block: string }

/** What was looked up, by {@link lookupKey}; undefined is what the workspace does not have. */
export type Lookups = ReadonlyMap<string, Json | undefined>

/**
 * What must be looked up before these deployments are rendered, each once. Pull steps are rendered where they run, and
 * so are blocks in job variables: their values must not become plain text on the server.
 */
export function referencesOf(configs: readonly DeploymentConfig[]): Reference[] {
  const references = configs.flatMap((config) => {
    const placeholders = placeholdersIn(renderedParts(config))
    const inJob = placeholdersIn(jobParts(config)).filter(({ kind }) => kind === 'variable')
    return [...placeholders, ...inJob].map(referenceOf).filter((reference) => reference !== undefined)
  })
  return distinct(references)
}

/** Variables that the values of blocks refer to and that were not looked up yet: Prefect resolves blocks first, then variables. */
export function variablesInBlocks(lookups: Lookups): Reference[] {
  const blocks = [...lookups].filter(([key]) => key.startsWith('block ')).map(([, value]) => value ?? null)
  const variables = placeholdersIn(blocks).filter(({ kind }) => kind === 'variable')
  const references = variables.map(referenceOf).filter((reference) => reference !== undefined)
  return distinct(references).filter((reference) => !lookups.has(lookupKey(reference)))
}

function distinct(references: readonly Reference[]): Reference[] {
  return [...new Map(references.map((reference) => [lookupKey(reference), reference])).values()]
}

export function lookupKey(reference: Reference): string {
  return 'variable' in reference ? `variable ${reference.variable}` : `block ${reference.blockType}/${reference.block}`
}

/** Undefined for a placeholder of another kind, and for a block without name. */
export function referenceOf({ kind, name }: Placeholder): Reference | undefined {
  if (kind === 'variable') return { variable: name.slice('prefect.variables.'.length) }
  const [blockType = '', block = ''] = name.slice('prefect.blocks.'.length).split('.')
  return kind === 'block' && block !== '' ? { blockType, block } : undefined
}

/**
 * The part of a block that `prefect.blocks.<type>.<name>.<keys>` names; without keys, a block of a single `value` is
 * that value. Undefined when there is no such part.
 */
export function partOfBlock(data: Json, { name }: Placeholder): Json | undefined {
  const keys = name.slice('prefect.blocks.'.length).split('.').slice(2).join('.')
  const isSingle = isObject(data) && Object.keys(data).length === 1 && 'value' in data
  const root = isSingle && !/^value($|[.[])/.test(keys) ? data.value : data
  return keys === '' ? root : valueOf(root, keys)
}

/** `a.b[0].c` and `a.b.0.c`, as Prefect's `get_from_dict` reads them. */
function valueOf(data: Json | undefined, keys: string): Json | undefined {
  return keys.replaceAll('[', '.').replaceAll(']', '').split('.').reduce<Json | undefined>((part, key) => {
    if (isList(part)) return /^-?\d+$/.test(key) ? part.at(Number(key)) : undefined
    return isObject(part) && Object.hasOwn(part, key) ? part[key] : undefined
  }, data)
}

function renderedParts(config: DeploymentConfig): Json {
  const { name, entrypoint, workPool, version, description, tags, parameters, schedules, triggers, slas, buildSteps } = config
  return [
    name, entrypoint, workPool.name, workPool.queue ?? null, version ?? null, description ?? null, tags, parameters, schedules ?? [],
    triggers.map((trigger) => Object.entries(trigger).filter(([key]) => key !== 'job_variables').map(([, value]) => value)), slas ?? [],
    buildSteps.steps.filter(({ kind }) => kind !== 'image').map(({ settings }) => settings),
  ]
}

/** What becomes job variables of a run, of which a worker resolves the blocks. */
function jobParts({ workPool, triggers }: DeploymentConfig): Json {
  return [workPool.jobVariables, triggers.map(({ job_variables: variables }) => variables ?? null)]
}
