import { readFile, stat } from 'node:fs/promises'
import { relative, resolve } from 'node:path'
import { DeployError } from '../errors.ts'
import { parseLocatedFile } from '../located-file.ts'
import type { FieldPath } from '../located-file.ts'
import { isObject } from '../planned.ts'
import type { Json } from '../planned.ts'
import type { FieldProblem, Revision, TaskDefinition, TaskDefinitions } from '../ecs-ports.ts'
import { DESCRIBE_ONLY } from './canonical.ts'
import { duplicates } from './duplicates.ts'
import { prepareDefinition, throwDefinitionProblems } from './prepared.ts'
import type { Locate, Preparation } from './prepared.ts'

export type TaskDefinitionSource = {
  readonly definition: TaskDefinition
  readonly origin: 'file' | 'family' | 'arn'
  /** The family's newest ACTIVE revision. */
  readonly live: Revision | undefined
}

/** A definition as a file of the checkout has it, with the inputs' edits. */
export type DefinitionFile = {
  readonly definition: TaskDefinition
  /** Relative to the workspace. */
  readonly file: string
  readonly locate: Locate
}

export type SourceOptions = {
  /** One item of the `task-definition` input: a file, a family, `family:revision` or an ARN. */
  readonly input: string
  /** Absolute path of the checkout; messages name files relative to it. */
  readonly workspace: string
  /** Absolute path that the file is relative to; the workspace when absent. */
  readonly projectDirectory?: string
  readonly taskDefinitions: TaskDefinitions
  /** What the inputs change of it. */
  readonly preparation: Preparation
  /** What {@link readDefinitionFile} said, when it was asked before. */
  readonly fromFile?: TaskDefinition | undefined
}

/**
 * Reads the task definition that a release starts from, and the revision that is live.
 * @throws DeployError `task-definition-missing`, or `task-definition-invalid` with everything that is wrong in the file.
 */
export async function readTaskDefinition(options: SourceOptions): Promise<TaskDefinitionSource> {
  const { input, taskDefinitions, preparation, fromFile = (await readDefinitionFile(options))?.definition } = options
  if (fromFile !== undefined) {
    return { definition: fromFile, origin: 'file', live: await newestActive(fromFile.family, taskDefinitions) }
  }
  const origin = input.startsWith('arn:') ? 'arn' : 'family'
  const revision = await describe(input, taskDefinitions)
  const isNewest = origin === 'family' && !input.includes(':')
  const live = isNewest ? revision : await newestActive(revision.definition.family, taskDefinitions)
  return { definition: prepareDefinition(revision.definition, preparation), origin, live }
}

/**
 * The definition when the input is a file, which needs no AWS; undefined when it names a family or a revision.
 * @throws DeployError as {@link readTaskDefinition}.
 */
export async function readDefinitionFile(options: SourceOptions): Promise<DefinitionFile | undefined> {
  const { input, workspace, projectDirectory = workspace } = options
  const path = resolve(projectDirectory, input)
  const file = relative(workspace, path)
  if (input.startsWith('arn:')) return undefined
  const isFile = await stat(path).then((found) => found.isFile(), () => false)
  if (isFile) return parseDefinition(await readFile(path, 'utf8'), file, options)
  if (/\.(json|ya?ml)$/i.test(input) || !/^[\w-]+(:\d+)?$/.test(input)) {
    throw new DeployError('task-definition-missing', `There is no task definition file ${file}`, {
      hint: 'Give a JSON or YAML file relative to working-directory, a family, family:revision or an ARN.',
    })
  }
  return undefined
}

/** The family that a family, `family:revision` or an ARN is of. */
export function familyOfReference(reference: string): string {
  return reference.replace(/^arn:.*:task-definition\//, '').replace(/:\d+$/, '')
}

async function describe(reference: string, taskDefinitions: TaskDefinitions): Promise<Revision> {
  const revision = await taskDefinitions.describe(reference)
  if (revision !== undefined) return revision
  throw new DeployError('task-definition-missing', `There is no task definition ${reference} in this account and region`, {
    hint: 'Give a family with an ACTIVE revision, or a file: its first revision is then registered.',
  })
}

async function newestActive(family: string, taskDefinitions: TaskDefinitions): Promise<Revision | undefined> {
  const revision = await taskDefinitions.describe(family)
  return revision?.active === true ? revision : undefined
}

function parseDefinition(text: string, file: string, { taskDefinitions, preparation }: SourceOptions): DefinitionFile {
  const { content, locate } = parseLocatedFile(text, file, 'task-definition-invalid')
  const written = withoutDescription(content)
  const known = taskDefinitions.check(written)
  throwDefinitionProblems(known.length > 0 ? known : [...missingFields(written), ...duplicates(written)], locate)
  const definition = prepareDefinition(written as TaskDefinition, preparation, locate) // just checked: the family, and containers with a name and an image
  return { definition, file, locate }
}

function withoutDescription(content: Json): Json {
  const fields: readonly string[] = DESCRIBE_ONLY
  return isObject(content) ? Object.fromEntries(Object.entries(content).filter(([field]) => !fields.includes(field))) : content
}

/** What every definition must have; all other rules are the API's. */
function missingFields(definition: Json): FieldProblem[] {
  if (!isObject(definition)) return [{ path: [], message: 'A task definition is an object with "family" and "containerDefinitions"' }]
  const containers = Array.isArray(definition.containerDefinitions) ? (definition.containerDefinitions as readonly Json[]) : []
  const families = required(definition, 'family', [])
  if (containers.length === 0) return [...families, { path: ['containerDefinitions'], message: '"containerDefinitions" has no container' }]
  return [
    ...families,
    ...containers.flatMap((container, index) => {
      const path = ['containerDefinitions', index]
      return [...required(container, 'name', path), ...required(container, 'image', path)]
    }),
  ]
}

function required(fields: Json, field: string, path: FieldPath): FieldProblem[] {
  const value = isObject(fields) ? fields[field] : undefined
  if (typeof value === 'string' && value !== '') return []
  return [{ path: [...path, field], message: `"${[...path, field].join('.')}" is missing` }]
}
