import type { Location } from '../errors.ts'
import type { JsonObject, PlannedObject } from '../planned.ts'
import { isFields } from '../planned.ts'
import type { LiveWorkPool } from '../prefect-ports.ts'
import { jobVariableProblems } from './conformance.ts'
import type { DeploymentConfig } from './deployment-config.ts'
import { ModelFields } from './model-fields.ts'
import type { Path } from './pyyaml.ts'
import type { Rendering } from './rendering.ts'
import { hasMetric, readCriteria } from './trigger-criteria.ts'
import { isLoop } from './trigger-loop.ts'

/** A trigger of the Prefect file as the automation that it becomes. */
export type DesiredTrigger = {
  readonly name: string
  /** `name`, `description`, `enabled`, `tags`, `trigger`, `actions`, `actions_on_trigger`, `actions_on_resolve`; without the ids that only the server knows. */
  readonly body: PlannedObject
  readonly location: Location
}

/** Put on the automations that this action makes: the open-source server does not say who owns one. */
export const MANAGED_TAG = 'prefect-ecs-deploy'

export type TriggerOptions = {
  /** Undefined when that is not known. */
  readonly isCloud?: boolean | undefined
  /** Where the runs go: it may refuse their job variables. */
  readonly pool: LiveWorkPool
}

/**
 * The automations of a deployment's triggers, as cli/deploy/_triggers.py and events/schemas/deployment_triggers.py make
 * them. Parameters keep the placeholders of the event, {@link https://docs.prefect.io/v3/concepts/event-triggers}, and are
 * known only when it comes.
 */
export function readTriggers(config: DeploymentConfig, rendering: Rendering, { isCloud, pool }: TriggerOptions): DesiredTrigger[] {
  return config.triggers.map((spec, index) => {
    const path = ['triggers', index]
    const fields = new ModelFields(rendered(spec, path, rendering), path, (at, message) => {
      rendering.problems.push({
        code: 'prefect-file-invalid',
        message: `deployment "${config.name}", trigger ${index + 1}: ${message}`,
        hint: 'Look at https://docs.prefect.io/v3/concepts/event-triggers.',
        location: config.locationOf(...at),
      })
    })
    const body = readAutomation(fields, defaultName(config.name, index))
    if (isCloud === false && hasMetric(body.trigger)) fields.report(path, 'only Prefect Cloud has metric triggers')
    if (body.enabled && isLoop(body.trigger)) fields.report([...path, 'expect'], 'it would fire for the runs that it starts; add labels to match')
    const [{ job_variables: variables }] = body.actions
    rendering.problems.push(...jobVariableProblems(variables ?? {}, pool, { config, path: [...path, 'job_variables'] }))
    return { name: body.name, body, location: config.locationOf(...path) }
  })
}

/** The name that `prefect deploy` gives to the automation of a trigger without one; the index is from 0, among all triggers. */
export function defaultName(deployment: string, index: number): string {
  return `${deployment}__automation_${index + 1}`
}

type Automation = PlannedObject & {
  readonly name: string
  readonly enabled: boolean
  readonly trigger: PlannedObject
  readonly actions: readonly [PlannedObject & { readonly job_variables: PlannedObject | null }]
}

/** All that the server would add is said, so that nothing differs when it is read back. */
function readAutomation(fields: ModelFields, defaultName: string): Automation {
  const given = fields.value('name') === null ? '' : fields.text('name', '')
  return {
    name: given === '' ? defaultName : given,
    description: fields.anyText('description', ''),
    enabled: fields.flag('enabled', true),
    tags: [MANAGED_TAG],
    trigger: readCriteria(fields),
    actions: [{
      type: 'run-deployment',
      source: 'selected',
      parameters: fields.mapping('parameters'),
      job_variables: fields.mapping('job_variables'),
      schedule_after: fields.seconds('schedule_after', 0),
    }],
    actions_on_trigger: [],
    actions_on_resolve: [],
  }
}

/** Job variables are rendered as those of the work pool are: a block stays a reference. */
function rendered({ parameters, job_variables: variables, ...spec }: JsonObject, path: Path, rendering: Rendering): PlannedObject {
  const own = rendering.render(spec, 'deploy', path)
  return {
    ...(isFields(own) && own),
    ...(parameters !== undefined && { parameters: rendering.render(parameters, 'event', [...path, 'parameters']) ?? null }),
    ...(variables !== undefined && { job_variables: rendering.render(variables, 'job', [...path, 'job_variables']) ?? null }),
  }
}
