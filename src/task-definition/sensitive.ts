import { isFields, sensitive } from '../planned.ts'
import type { Planned, PlannedObject } from '../planned.ts'
import type { TaskDefinition } from '../ecs-ports.ts'
import { isSecretName, isSecretText } from '../secret-names.ts'

/**
 * Marks what must never be shown: values of environment variables and of log options that are named like a secret or
 * hold a password. A container's `secrets` hold no values, only where they are.
 */
export function markSensitive(definition: TaskDefinition): PlannedObject {
  return { ...definition, containerDefinitions: definition.containerDefinitions.map(markContainer) }
}

function markContainer(container: PlannedObject): PlannedObject {
  const { environment, logConfiguration } = container
  return {
    ...container,
    ...(Array.isArray(environment) && { environment: environment.map(markVariable) }),
    ...(isFields(logConfiguration) && isFields(logConfiguration.options) && {
      logConfiguration: { ...logConfiguration, options: markOptions(logConfiguration.options) },
    }),
  }
}

function markVariable(variable: Planned): Planned {
  if (!isFields(variable) || typeof variable.name !== 'string' || variable.value === undefined) return variable
  return { ...variable, value: hidden(variable.name, variable.value) }
}

function markOptions(options: PlannedObject): PlannedObject {
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [name, hidden(name, value)]))
}

function hidden(name: string, value: Planned): Planned {
  if (typeof value !== 'string' || value === '') return value
  return isSecretName(name) || isSecretText(value) ? sensitive(value) : value
}
