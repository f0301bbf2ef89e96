import { sensitive } from '../planned.ts'
import type { Planned } from '../planned.ts'
import type { TaskDefinition } from '../ports.ts'
import type { Fields } from './canonical.ts'
import { isFields } from './canonical.ts'

const SECRET_NAME = /secret|token|passw|pwd|passphrase|credential|(api|private|access|account)[-_]?key|auth|dsn|conn(ection)?[-_]?str/i
/** A URL that carries a password: `postgresql://user:password@host`. */
const URL_WITH_PASSWORD = /:\/\/[^/\s:@]*:[^/\s@]+@/

/**
 * Marks what must never be shown: values of environment variables and of log options that are named like a secret or
 * hold a password. A container's `secrets` hold no values, only where they are.
 */
export function markSensitive(definition: TaskDefinition): Fields {
  return { ...definition, containerDefinitions: definition.containerDefinitions.map(markContainer) }
}

function markContainer(container: Fields): Fields {
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

function markOptions(options: Fields): Fields {
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [name, hidden(name, value)]))
}

function hidden(name: string, value: Planned): Planned {
  if (typeof value !== 'string' || value === '') return value
  return SECRET_NAME.test(name) || URL_WITH_PASSWORD.test(value) ? sensitive(value) : value
}
