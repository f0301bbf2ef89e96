import { violations } from '../deployment/conformance.ts'
import { placeholdersIn } from '../deployment/template.ts'
import { throwProblems } from '../errors.ts'
import type { Location, Problem } from '../errors.ts'
import type { Inputs } from '../inputs.ts'
import { isObject } from '../planned.ts'
import type { Json, JsonObject } from '../planned.ts'
import { readTemplate } from '../work-pool/template.ts'
import type { WorkPoolTemplate } from '../work-pool/template.ts'

/**
 * The file of the input `work-pool-template`, judged as the server would: it looks at all of this in a new pool, at
 * less of it in an update, and then refuses or misunderstands the deployments of the pool.
 * @throws DeployError `work-pool-template-invalid` with all that is wrong, each at its line.
 */
export async function readWorkPoolTemplate({ workPoolTemplate: path, workspace, projectDirectory }: Inputs): Promise<WorkPoolTemplate | undefined> {
  if (path === undefined) return undefined
  const template = await readTemplate({ path, workspace, projectDirectory })
  throwProblems(contentProblems(template))
  return template
}

/** What is wrong with what the parts of a template mean to each other. */
export function contentProblems(template: WorkPoolTemplate): Problem[] {
  return [...undeclaredVariables(template), ...invalidDefaults(template), ...resultsAsDefaults(template)]
}

/** A placeholder of whatever kind must be a variable, in keys too (`validate_base_job_template` in server/schemas/actions.py). */
function undeclaredVariables({ baseJobTemplate: { job_configuration: job, variables }, locationOf }: WorkPoolTemplate): Problem[] {
  const declared = Object.keys(propertiesOf(variables))
  return Object.entries(objectOf(job)).flatMap(([key, value]) => {
    const used = new Set(placeholdersIn(JSON.stringify(value)).map(({ name }) => name))
    const paths = new Map(placeholdersIn(value, [key]).map(({ name, path }) => [name, path]))
    return [...used].filter((name) => !declared.includes(name)).map((name) => problem(
      `the job configuration refers to {{ ${name} }}, which is none of the template's variables`,
      'Add it to variables.properties, or correct its name; a block or an environment variable is given as the value of a variable.',
      locationOf('job_configuration', ...(paths.get(name) ?? [key])),
    ))
  })
}

/** A block is filled in by the server, and a default of null is none. */
function invalidDefaults({ baseJobTemplate: { variables }, locationOf }: WorkPoolTemplate): Problem[] {
  const defaults = Object.entries(defaultsOf(variables)).filter(([, value]) => value !== null && !(isObject(value) && '$ref' in value))
  return violations(Object.fromEntries(defaults), objectOf(variables)).map(({ path: [variable = '', ...rest], message }) => problem(
    `the default of the variable "${[variable, ...rest].join('.')}" ${message}`,
    'The schema is in the same file: correct the one or the other.',
    locationOf('variables', 'properties', variable, 'default', ...rest),
  ))
}

const RELEASE_RESULT = /^(image|image_name|tag|task_definition_arn|(build|push)-image\.\w+)$/

/** The placeholders of a template are filled from its variables, once: in a default they stay what they are. */
function resultsAsDefaults({ baseJobTemplate: { variables }, locationOf }: WorkPoolTemplate): Problem[] {
  return Object.entries(defaultsOf(variables)).flatMap(([variable, value]) =>
    placeholdersIn(value).filter(({ name }) => RELEASE_RESULT.test(name)).map(({ text }) => problem(
      `the default of the variable "${variable}" is ${text}, which workers take for plain text`,
      'Set the input pin to pool, which makes the image of each release the default, or write a value.',
      locationOf('variables', 'properties', variable, 'default'),
    )))
}

function problem(message: string, hint: string, location: Location): Problem {
  return { code: 'work-pool-template-invalid', message, hint, location }
}

function defaultsOf(variables: Json | undefined): JsonObject {
  const properties = Object.entries(propertiesOf(variables))
  return Object.fromEntries(properties.flatMap(([name, property]) => (isObject(property) && property.default !== undefined ? [[name, property.default]] : [])))
}

function propertiesOf(variables: Json | undefined): JsonObject {
  return objectOf(objectOf(variables).properties)
}

function objectOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {}
}
