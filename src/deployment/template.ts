import { isFields, isItems, isList, isObject, PlannedText } from '../planned.ts'
import type { Json, Planned } from '../planned.ts'
import type { Path } from './pyyaml.ts'

/** `{{ name }}` in a text of the Prefect file; its prefix says where its value comes from. */
export type Placeholder = {
  readonly text: string
  readonly name: string
  readonly kind: 'block' | 'variable' | 'environment' | 'output' | 'runtime'
  /** Whether it is the whole text, and so may stand for something other than text. */
  readonly isAlone: boolean
  /** Where its text is in the value that was given. */
  readonly path: Path
}

/**
 * What stands in for a placeholder: a value, the placeholder as it is, or nothing: then its key or item is left out,
 * and in the middle of a text it is empty.
 */
export type Resolution = { readonly value: Planned } | 'keep' | 'drop'
export type Resolve = (placeholder: Placeholder) => Resolution

/** Prefect's own expression (prefect/utilities/templating): no filters, no nesting, no keys. */
const PLACEHOLDER = /\{\{\s*([\p{L}\p{N}_.\-[\]$]+)\s*\}\}/gu

/** The name of an output with dots alone: `a[b]` is another way to write `a.b`. */
export function dotted(name: string): string {
  return name.replaceAll('[', '.').replaceAll(']', '')
}

/** All placeholders in the texts of a value. */
export function placeholdersIn(value: Json, path: Path = []): Placeholder[] {
  if (typeof value === 'string') {
    return [...value.matchAll(PLACEHOLDER)].map(([text, name = '']) => ({ text, name, kind: kindOf(name), isAlone: text === value, path }))
  }
  if (isList(value)) return value.flatMap((item, index) => placeholdersIn(item, [...path, index]))
  return isObject(value) ? Object.entries(value).flatMap(([key, item]) => placeholdersIn(item, [...path, key])) : []
}

/** Resolves all placeholders in the texts of a value; undefined when it is itself one that resolves to nothing. */
export function render(value: Json, resolve: Resolve, path: Path = []): Planned | undefined {
  if (typeof value === 'string') return renderText(value, resolve, path)
  if (isList(value)) return value.map((item, index) => render(item, resolve, [...path, index])).filter((item) => item !== undefined)
  if (!isObject(value)) return value
  const fields = Object.entries(value).map(([key, item]): [string, Planned | undefined] => [key, render(item, resolve, [...path, key])])
  return Object.fromEntries(fields.filter((field): field is [string, Planned] => field[1] !== undefined))
}

/** Resolves what placeholders a value has that is rendered already; what must not be shown stays hidden. */
export function renderPlanned(value: Planned, resolve: Resolve, path: Path): Planned | undefined {
  if (typeof value === 'string') return renderText(value, resolve, path)
  if (value instanceof PlannedText) return renderHidden(value, resolve, path)
  if (isItems(value)) return value.map((item) => renderPlanned(item, resolve, path)).filter((item) => item !== undefined)
  if (!isFields(value)) return value
  const fields = Object.entries(value).map(([key, item]): [string, Planned | undefined] => [key, renderPlanned(item, resolve, path)])
  return Object.fromEntries(fields.filter((field): field is [string, Planned] => field[1] !== undefined))
}

function renderHidden({ parts, sensitive }: PlannedText, resolve: Resolve, path: Path): Planned {
  const rendered = join(parts.map((part) => (typeof part === 'string' ? (renderText(part, resolve, path) ?? '') : new PlannedText([part]))))
  if (!sensitive) return rendered
  return new PlannedText(rendered instanceof PlannedText ? rendered.parts : [pythonText(rendered)], true)
}

function renderText(text: string, resolve: Resolve, path: Path): Planned | undefined {
  const parts: Planned[] = []
  let end = 0
  for (const placeholder of placeholdersIn(text, path)) {
    const resolution = resolve(placeholder)
    const value = resolution === 'keep' ? placeholder.text : resolution === 'drop' ? undefined : resolution.value
    if (placeholder.isAlone) return value
    const start = text.indexOf(placeholder.text, end)
    parts.push(text.slice(end, start), ...(value === undefined ? [] : [value]))
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

/** As Python's `str()`, with which Prefect puts values into text. */
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
