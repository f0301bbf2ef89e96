import { isObject } from '../planned.ts'
import type { Json } from '../planned.ts'
import type { ContainerDefinition, TaskDefinition } from '../ecs-ports.ts'

/** What a service's command says of the worker that it starts. */
export type StartedWorker = {
  /** Work pool; undefined when the command leaves it to something that is not seen here. */
  readonly pool: string | undefined
  /** Set when each restart keeps the same name. */
  readonly name: string | undefined
}

/** The worker that one of the containers starts with `prefect worker start`; undefined when no command says so. */
export function startedWorker({ containerDefinitions }: TaskDefinition): StartedWorker | undefined {
  for (const container of containerDefinitions) {
    const words = wordsOf(container)
    const start = words.findIndex((word, index) => word === 'worker' && words[index + 1] === 'start')
    if (start === -1) continue
    const options = words.slice(start + 2)
    return { pool: filled(optionOf(options, ['--pool', '-p']), container), name: filled(optionOf(options, ['--name', '-n']), container) }
  }
  return undefined
}

/** The words of entrypoint and command, and of the script in `sh -c "prefect worker start …"`. */
function wordsOf({ entryPoint, command }: ContainerDefinition): string[] {
  return [...listOf(entryPoint), ...listOf(command)].flatMap((part) => {
    if (typeof part !== 'string') return []
    return /\bworker\s+start\b/.test(part) ? (part.match(/"[^"]*"|'[^']*'|\S+/g) ?? []).map(unquoted) : [part]
  })
}

function unquoted(word: string): string {
  return /^(["']).*\1$/s.test(word) ? word.slice(1, -1) : word
}

function optionOf(words: readonly string[], [long, short]: readonly [string, string]): string | undefined {
  for (const [index, word] of words.entries()) {
    if (word === long || word === short) return words[index + 1]
    if (word.startsWith(`${long}=`)) return unquoted(word.slice(long.length + 1))
  }
  return undefined
}

/** A variable that a shell would fill in, from the container's environment; undefined when that is not known here. */
function filled(value: string | undefined, { environment }: ContainerDefinition): string | undefined {
  const [, name] = /^\$\{?(\w+)\}?$/.exec(value ?? '') ?? []
  if (name === undefined) return value?.includes('$') === true ? undefined : value
  const variable = listOf(environment).filter(isObject).find((each) => each.name === name)
  return typeof variable?.value === 'string' ? variable.value : undefined
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : []
}
