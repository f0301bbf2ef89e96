import { DeployError, throwProblems } from '../errors.ts'
import type { Problem, Warning } from '../errors.ts'
import { isList, isObject } from '../planned.ts'
import type { Json, JsonObject } from '../planned.ts'
import { readDeployment } from './deployment-config.ts'
import type { DeploymentConfig } from './deployment-config.ts'
import { deploymentProblems } from './deployment-problems.ts'
import type { FileOptions } from './deployment-problems.ts'
import { readModelValues } from './model-values.ts'
import { KNOWN_KEYS, validateFile } from './prefect-file-schema.ts'
import { parseYaml } from './pyyaml.ts'
import type { Path, YamlFile } from './pyyaml.ts'
import { repeatedEntries } from './repeated.ts'

/** The Prefect files of a project, read as one. */
export type PrefectFiles = {
  /** As they were given to {@link parsePrefectFiles}, in their order. */
  readonly paths: readonly string[]
  readonly deployments: readonly DeploymentConfig[]
  readonly warnings: readonly Warning[]
}

/** @param path relative to the workspace, for messages. */
export type FileText = { readonly path: string; readonly text: string }

/**
 * Reads whole Prefect files, their placeholders left as they are. Steps at the top and anchors are each file's own; the
 * deployments are one list. Unlike Prefect, which drops a file for one wrong field and goes on, it says what is wrong where.
 * @throws DeployError with all problems of all files: `prefect-file-syntax`, `prefect-file-invalid`, `deployment-unnamed`.
 */
export function parsePrefectFiles(texts: readonly FileText[], options: FileOptions = {}): PrefectFiles {
  const files = texts.map((text) => inspect(text, options))
  const entries = files.flatMap((file) => ('yaml' in file ? namedEntries(file) : []))
  throwProblems([...files.flatMap(({ problems }) => problems), ...repeatedEntries(entries)])
  const read = files.flatMap((file) => ('yaml' in file ? file.entries.map((entry, index) => readOne(file.yaml, entry, { ...options, index })) : []))
  return {
    paths: texts.map(({ path }) => path),
    deployments: read.map(({ config }) => config),
    warnings: distinct(read.flatMap(({ config, warnings }) => [...config.buildSteps.warnings, ...warnings])),
  }
}

/** Reads a single Prefect file: {@link parsePrefectFiles}. */
export function parsePrefectFile(text: string, path: string, options: FileOptions = {}): PrefectFiles {
  return parsePrefectFiles([{ path, text }], options)
}

/** A file that is YAML, and what is wrong with it; of any other, only why it is none. */
type Inspected =
  | { readonly yaml: YamlFile; readonly entries: readonly JsonObject[]; readonly problems: readonly Problem[] }
  | { readonly problems: readonly DeployError[] }

function inspect({ text, path }: FileText, options: FileOptions): Inspected {
  const yaml = parsed(text, path)
  if (yaml instanceof DeployError) return { problems: [yaml] }
  const entries = deploymentsOf(yaml.value)
  const locate = (...part: Path) => yaml.locate(['deployments', ...part])
  return { yaml, entries, problems: [...shapeProblems(yaml), ...deploymentProblems(entries, locate, options)] }
}

function parsed(text: string, path: string): YamlFile | DeployError {
  try {
    const yaml = parseYaml(text, path)
    return { ...yaml, value: readModelValues(yaml.value) }
  } catch (error) {
    if (error instanceof DeployError) return error
    throw error
  }
}

function namedEntries({ yaml, entries }: { readonly yaml: YamlFile; readonly entries: readonly JsonObject[] }) {
  return entries.flatMap(({ name, entrypoint }, index) => (
    typeof name === 'string' && typeof entrypoint === 'string' ? [{ name, entrypoint, location: yaml.locate(['deployments', index]) }] : []
  ))
}

function readOne(yaml: YamlFile, entry: JsonObject, options: FileOptions & { readonly index: number }) {
  return { config: readDeployment(yaml, options), warnings: unknownKeys(entry, ['deployments', options.index], yaml) }
}

function shapeProblems(yaml: YamlFile): Problem[] {
  return validateFile(yaml.value).map(({ path, message }) => ({
    code: 'prefect-file-invalid',
    message: `${describe(path, yaml.value)} ${message}`,
    hint: 'https://docs.prefect.io/v3/how-to-guides/deployments/prefect-yaml lists the keys and what they hold.',
    location: yaml.locate(path),
  }))
}

/** `deployment "nightly": "paused"`, or the path alone outside of deployments. */
function describe(path: Path, file: Json): string {
  const [key, index, ...rest] = path
  if (key !== 'deployments' || index === undefined) return path.length === 0 ? 'the file' : `"${path.join('.')}"`
  const entry = isObject(file) && isList(file.deployments) ? file.deployments[Number(index)] : undefined
  const name = isObject(entry) && typeof entry.name === 'string' ? ` "${entry.name}"` : ` ${Number(index) + 1}`
  return rest.length === 0 ? `deployment${name}` : `deployment${name}: "${rest.join('.')}"`
}

function deploymentsOf(file: Json): readonly JsonObject[] {
  return isObject(file) && isList(file.deployments) ? file.deployments.map((entry) => (isObject(entry) ? entry : {})) : []
}

/** Prefect ignores them without a word. At the top level they hold anchors, so there they are expected. */
function unknownKeys(entry: JsonObject, path: Path, yaml: YamlFile): Warning[] {
  const places: [JsonObject, readonly string[], Path][] = [
    [entry, KNOWN_KEYS.deployment, path],
    ...(['work_pool', 'concurrency_limit'] as const).flatMap((key): [JsonObject, readonly string[], Path][] => {
      const value = entry[key]
      return isObject(value) ? [[value, KNOWN_KEYS[key], [...path, key]]] : []
    }),
  ]
  return places.flatMap(([value, known, place]) => Object.keys(value).filter((key) => !known.includes(key)).map((key) => ({
    code: 'unsupported-key',
    message: `${describe([...place, key], yaml.value)} is not a key that Prefect knows; it is ignored`,
    hint: `Known here: ${known.join(', ')}.`,
    location: yaml.locate([...place, key]),
  })))
}

/** Steps of the top level count for every deployment, but need saying once. */
function distinct(warnings: readonly Warning[]): Warning[] {
  return [...new Map(warnings.map((warning) => [JSON.stringify(warning), warning])).values()]
}
