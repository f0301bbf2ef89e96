/** What a Prefect file mentions that has to be there before it can be deployed. Reads leniently: the file is judged by the two programs. */
import { parse } from 'yaml'
import type { Surroundings } from './side.ts'
import { BLOCKS, STEP_ENVIRONMENT, VARIABLES } from './scene.ts'

export type Entrypoint = {
  /** Path of its file, relative to the project. */
  readonly module: string
  /** `function` or `Class.method`. */
  readonly flow: string
  /** Names of the parameters that the deployment and its schedules give. */
  readonly parameters: readonly string[]
}

type Mapping = Readonly<Record<string, unknown>>

const PLACEHOLDER = /\{\{\s*([\w.\-[\]$]+)\s*\}\}/g
const BLOCK = /^prefect\.blocks\.([^.]+)\.([^.]+)/
const VARIABLE = /^prefect\.variables\.(.+)$/

export function entrypointsOf(file: string): readonly Entrypoint[] {
  return deploymentsOf(file).flatMap((deployment) => {
    const { entrypoint } = deployment
    if (typeof entrypoint !== 'string') return []
    const schedules = [deployment.schedule, ...listOf(deployment.schedules)].map((schedule) => mappingOf(mappingOf(schedule).parameters))
    const parameters = [mappingOf(deployment.parameters), ...schedules].flatMap((given) => Object.keys(given))
    return [{ ...placeOf(entrypoint), parameters }]
  })
}

/** Work pools, variables and blocks that the files mention, and those of the cases; what has no value gets one that says its name. */
export function surroundingsOf(files: readonly string[]): Surroundings {
  const names = new Set(files.flatMap((file) => [...file.matchAll(PLACEHOLDER)].map(([, name = '']) => name)))
  const variables = [...names].flatMap((name) => VARIABLE.exec(name)?.[1] ?? [])
  const blocks = [...names].flatMap((name) => {
    const [, type = '', block = ''] = BLOCK.exec(name) ?? []
    return block === '' ? [] : [{ type, name: block, value: `value of ${block}` }]
  })
  const values = { ...Object.fromEntries(variables.map((name) => [name, `value of ${name}`])), ...VARIABLES }
  return {
    workPools: [...new Set(files.flatMap(deploymentsOf).flatMap(({ work_pool: pool }) => poolName(mappingOf(pool).name, values)))],
    variables: values,
    blocks: [...BLOCKS, ...blocks.filter(({ type, name }) => !BLOCKS.some((given) => given.type === type && given.name === name))],
  }
}

/** Absolute folders that steps of the files name. */
export function foldersOf(files: readonly string[]): readonly string[] {
  const folders = files.flatMap((file) => [...file.matchAll(/\bdirectory:\s*["']?(\/[\w./-]+)/g)].map(([, folder = '']) => folder))
  return [...new Set(folders)].toSorted()
}

function poolName(name: unknown, variables: Mapping): string[] {
  if (typeof name !== 'string') return []
  return [name.replaceAll(PLACEHOLDER, (_, placeholder: string) => {
    const variable = VARIABLE.exec(placeholder)?.[1]
    return variable === undefined ? (STEP_ENVIRONMENT[placeholder.replace(/^\$/, '')] ?? '') : String(variables[variable])
  })]
}

/** A module by its dotted path is the file of that name. */
function placeOf(entrypoint: string): Pick<Entrypoint, 'module' | 'flow'> {
  const colon = entrypoint.lastIndexOf(':')
  if (colon >= 0) return { module: entrypoint.slice(0, colon), flow: entrypoint.slice(colon + 1) }
  const parts = entrypoint.split('.')
  return { module: `${parts.slice(0, -1).join('/')}.py`, flow: parts.at(-1) ?? '' }
}

function deploymentsOf(file: string): readonly Mapping[] {
  const content = parse(file, { version: '1.1', merge: true, uniqueKeys: false, logLevel: 'silent' }) as unknown
  return listOf(mappingOf(content).deployments).map(mappingOf)
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function mappingOf(value: unknown): Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Mapping) : {}
}
