import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DeployError, messageOf, throwProblems } from '../errors.ts'
import type { Problem, Warning } from '../errors.ts'
import { isList, isObject } from '../planned.ts'
import type { Json, JsonObject } from '../planned.ts'
import { readDeployment } from './deployment-config.ts'
import type { DeploymentConfig } from './deployment-config.ts'
import { deploymentProblems } from './deployment-problems.ts'
import { KNOWN_KEYS, validateFile } from './prefect-file-schema.ts'
import { parseYaml } from './pyyaml.ts'
import type { Path, YamlFile } from './pyyaml.ts'

export type PrefectFile = {
  /** As it was given to {@link parsePrefectFile}. */
  readonly path: string
  readonly deployments: readonly DeploymentConfig[]
  readonly warnings: readonly Warning[]
}

/**
 * @param path relative to the workspace.
 * @throws DeployError as {@link parsePrefectFile} does, or `prefect-file-missing`.
 */
export async function readPrefectFile(workspace: string, path: string): Promise<PrefectFile> {
  const text = await readFile(join(workspace, path), 'utf8').catch((error: unknown) => {
    throw new DeployError('prefect-file-missing', `${path} cannot be read: ${messageOf(error)}`, {
      hint: 'Check the inputs working-directory and prefect-file, and that a step before this one checks the repository out.',
      cause: error,
    })
  })
  return parsePrefectFile(text, path)
}

/**
 * Reads a whole Prefect file, its placeholders left as they are. Unlike Prefect, which drops the file for one wrong
 * field and goes on, it says what is wrong where.
 * @param path relative to the workspace, for messages.
 * @throws DeployError `prefect-file-syntax`, or all problems at once: `prefect-file-invalid`, `deployment-unnamed`.
 */
export function parsePrefectFile(text: string, path: string): PrefectFile {
  const yaml = parseYaml(text, path)
  const entries = deploymentsOf(yaml.value)
  throwProblems([...shapeProblems(yaml), ...deploymentProblems(entries, (...part) => yaml.locate(['deployments', ...part]))])
  const deployments = entries.map((_, index) => readDeployment(yaml, index))
  const unknown = entries.flatMap((entry, index) => unknownKeys(entry, ['deployments', index], yaml))
  return { path, deployments, warnings: distinct([...deployments.flatMap(({ buildSteps }) => buildSteps.warnings), ...unknown]) }
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
