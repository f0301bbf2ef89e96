import { PlannedText } from '../planned.ts'
import type { Json, Planned } from '../planned.ts'
import { isList, isObject } from './json.ts'

/** `{{ name }}` in a text of the Prefect file; its prefix says where its value comes from. */
export type Placeholder = {
  readonly text: string
  readonly name: string
  readonly kind: 'block' | 'variable' | 'environment' | 'output' | 'runtime'
}

/**
 * What stands in for a placeholder: a value (itself when the placeholder is the whole text), the placeholder as it is,
 * or nothing: then its key or item is left out, and in the middle of a text it is empty.
 */
export type Resolution = { readonly value: Planned } | 'keep' | 'drop'

/** Prefect's own expression (prefect/utilities/templating): no filters, no nesting, no keys. */
const PLACEHOLDER = /{{\s*([\w.\-[\]$]+)\s*}}/gu

/** All placeholders in the texts of a value. */
export function placeholdersIn(value: Json): Placeholder[] {
  if (typeof value === 'string') return [...value.matchAll(PLACEHOLDER)].map(([text, name = '']) => ({ text, name, kind: kindOf(name) }))
  if (isList(value)) return value.flatMap(placeholdersIn)
  return isObject(value) ? Object.values(value).flatMap(placeholdersIn) : []
}

/** Resolves all placeholders in the texts of a value; undefined when it is itself one that resolves to nothing. */
export function render(value: Json, resolve: (placeholder: Placeholder) => Resolution): Planned | undefined {
  if (typeof value === 'string') return renderText(value, resolve)
  if (isList(value)) return value.map((item) => render(item, resolve)).filter((item) => item !== undefined)
  if (!isObject(value)) return value
  const fields = Object.entries(value).map(([key, item]): [string, Planned | undefined] => [key, render(item, resolve)])
  return Object.fromEntries(fields.filter((field): field is [string, Planned] => field[1] !== undefined))
}

function renderText(text: string, resolve: (placeholder: Placeholder) => Resolution): Planned | undefined {
  const placeholders = placeholdersIn(text)
  const [only] = placeholders
  if (only?.text === text) {
    const resolution = resolve(only)
    return resolution === 'keep' ? text : resolution === 'drop' ? undefined : resolution.value
  }
  const parts: Planned[] = []
  let end = 0
  for (const placeholder of placeholders) {
    const start = text.indexOf(placeholder.text, end)
    const resolution = resolve(placeholder)
    parts.push(text.slice(end, start))
    if (resolution !== 'drop') parts.push(resolution === 'keep' ? placeholder.text : resolution.value)
    end = start + placeholder.text.length
  }
  return join([...parts, text.slice(end)])
}

function join(values: readonly Planned[]): Planned {
  const texts = values.map((value) => (value instanceof PlannedText ? value : new PlannedText([pythonText(value)])))
  const parts = texts.flatMap((text) => text.parts)
  const isSensitive = texts.some((text) => text.sensitive)
  const isPlain = parts.every((part) => typeof part === 'string') && !isSensitive
  return isPlain ? parts.join('') : new PlannedText(parts, isSensitive)
}

/** As Python's `str()`, which Prefect puts values into text with. */
function pythonText(value: Planned): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (value === null) return 'None'
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function kindOf(name: string): Placeholder['kind'] {
  if (name.startsWith('prefect.blocks.')) return 'block'
  if (name.startsWith('prefect.variables.')) return 'variable'
  if (name.startsWith('$')) return 'environment'
  return /^(ctx|event)\./.test(name) ? 'runtime' : 'output'
}
