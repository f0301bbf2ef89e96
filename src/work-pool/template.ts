import { readFile } from 'node:fs/promises'
import { relative, resolve } from 'node:path'
import { DeployError, throwProblems } from '../errors.ts'
import type { Location } from '../errors.ts'
import { parseLocatedFile } from '../located-file.ts'
import type { FieldPath } from '../located-file.ts'
import { isObject } from '../planned.ts'
import type { Json, JsonObject } from '../planned.ts'
import { templateProblems } from './template-problems.ts'

/** A work pool as the file of `work-pool-template` has it; what is undefined is not said there and stays as it is. */
export type WorkPoolTemplate = {
  readonly name: string | undefined
  readonly type: string | undefined
  readonly description: string | null | undefined
  readonly concurrencyLimit: number | null | undefined
  /** `{ job_configuration, variables: { properties, … } }`; its placeholders are the worker's, none is resolved here. */
  readonly baseJobTemplate: JsonObject
  readonly location: Location
  /** Where a part of the base job template is written, or what is around it. */
  readonly locationOf: (...path: FieldPath) => Location
}

/** Paths as the inputs have them: the file relative to the project's directory, messages relative to the workspace. */
export type TemplateFile = { readonly path: string; readonly workspace: string; readonly projectDirectory: string }

/**
 * Reads a pool's template: a base job template alone, or a whole pool as `prefect work-pool inspect --output json` and
 * the REST API give it.
 * @throws DeployError `work-pool-template-invalid` with all that is wrong with its form, each at its line.
 */
export async function readTemplate({ path, workspace, projectDirectory }: TemplateFile): Promise<WorkPoolTemplate> {
  const absolute = resolve(projectDirectory, path)
  const file = relative(workspace, absolute)
  const text = await readFile(absolute, 'utf8').catch((cause: unknown) => {
    throw new DeployError('work-pool-template-invalid', `There is no work pool template that can be read at ${file}`, {
      hint: 'work-pool-template is a JSON or YAML file, relative to working-directory.', cause,
    })
  })
  return parseTemplate(text, file)
}

/** @throws as {@link readTemplate}. */
export function parseTemplate(text: string, file: string): WorkPoolTemplate {
  const { content, locate } = parseLocatedFile(text, file, 'work-pool-template-invalid')
  throwProblems(templateProblems(content).map(({ path, message, hint }) => ({
    code: 'work-pool-template-invalid', message, hint, location: locate(path),
  })))
  const fields = objectOf(content)
  const { name, type, description, concurrency_limit: limit, base_job_template: template } = fields
  const prefix = template === undefined ? [] : ['base_job_template']
  return {
    name: typeof name === 'string' ? name : undefined,
    type: typeof type === 'string' ? type : undefined,
    description: typeof description === 'string' || description === null ? description : undefined,
    concurrencyLimit: typeof limit === 'number' || limit === null ? limit : undefined,
    baseJobTemplate: template === undefined ? fields : objectOf(template),
    location: locate([]),
    locationOf: (...path) => locate([...prefix, ...path]),
  }
}

function objectOf(value: Json): JsonObject {
  return isObject(value) ? value : {}
}
