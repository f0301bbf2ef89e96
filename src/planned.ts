/**
 * Values of a plan. Some are known only after an earlier layer was applied (the digest after the push, the
 * revision's ARN after its registration); some must not be shown. Both are leaves of their own type, so that no
 * layer can mistake them for plain text.
 */

export type JsonObject = { readonly [key: string]: Json }
export type Json = null | boolean | number | string | readonly Json[] | JsonObject

/**
 * What a release itself makes: the image as `repository@sha256:…`, a flow task definition's revision as its full ARN.
 * A variable or block of the workspace, for a plan that cannot ask the workspace; no such plan is ever applied. And what
 * a script of the Prefect file prints.
 */
export type Result = 'image' | RevisionOf | 'workspace' | StepOutput

/** The revision of a family that the input `task-definition` gives, `taskDefinition <family>`. */
export type RevisionOf = `taskDefinition ${string}`

/** What a shell script of the Prefect file prints, `step <number> stdout`: known only once it ran, in a release. */
export type StepOutput = `step ${string}`

/** The results known so far, or what stands for them. */
export type Results = { readonly [result in Result]?: string }

/** Text that contains results of this release, or that must not be shown, or both. */
export class PlannedText {
  readonly parts: readonly (string | { readonly result: Result })[]
  readonly sensitive: boolean

  constructor(parts: readonly (string | { readonly result: Result })[], sensitive = false) {
    this.parts = parts
    this.sensitive = sensitive
  }
}

export type PlannedObject = { readonly [key: string]: Planned }
export type Planned = null | boolean | number | string | PlannedText | readonly Planned[] | PlannedObject

export function revisionOf(family: string): RevisionOf {
  return `taskDefinition ${family}`
}

/** A planned value that is exactly one of this release's results. */
export function resultOf(result: Result): PlannedText {
  return new PlannedText([{ result }])
}

/** A known value that is never shown: a plan says only that it differs. */
export function sensitive(text: string): PlannedText {
  return new PlannedText([text], true)
}

/**
 * Puts the results that are known in their places. Text that is known and may be shown becomes a plain string;
 * sensitive text stays a {@link PlannedText}.
 */
export function resolve(value: Planned, results: Results): Planned {
  return mapTexts(value, (text) => {
    const parts = text.parts.map((part) => (typeof part === 'string' ? part : (results[part.result] ?? part)))
    const known = parts.filter((part) => typeof part === 'string')
    return text.sensitive || known.length < parts.length ? new PlannedText(parts, text.sensitive) : known.join('')
  })
}

/**
 * The value as it is written to a server, sensitive text in clear.
 * @throws Error when a result is still unknown: apply must not run before the layer that makes it.
 */
export function reveal(value: Planned, results: Results): Json {
  const known = mapTexts(resolve(value, results), (text) => {
    const known = text.parts.map((part) => {
      if (typeof part !== 'string') throw new Error(`The ${part.result} is not known yet`)
      return part
    })
    return known.join('')
  })
  return known as Json // every PlannedText has just become a string
}

/** Whether no result is missing. */
export function isKnown(value: Planned): boolean {
  return texts(value).every((text) => text.parts.every((part) => typeof part === 'string'))
}

/** Whether any part of the value must not be shown. */
export function isSensitive(value: Planned): boolean {
  return texts(value).some((text) => text.sensitive)
}

/** One field that a release would change. `path` is dotted, list items and schedules by name: `schedules.nightly.cron`. */
export type Change = {
  readonly path: string
  readonly before: Planned | undefined
  readonly after: Planned | undefined
  /** The file did not change it: the live value was set in the UI, or by another tool, and would be overwritten. */
  readonly isOutside?: true
}

function mapTexts(value: Planned, map: (text: PlannedText) => Planned): Planned {
  if (value instanceof PlannedText) return map(value)
  if (isItems(value)) return value.map((item) => mapTexts(item, map))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapTexts(item, map)]))
}

function texts(value: Planned): PlannedText[] {
  if (value instanceof PlannedText) return [value]
  if (isItems(value)) return value.flatMap(texts)
  return value === null || typeof value !== 'object' ? [] : Object.values(value).flatMap(texts)
}

/** Whether a planned value is a list. */
export function isItems(value: Planned | undefined): value is readonly Planned[] {
  return Array.isArray(value)
}

/** Whether a planned value is a mapping, not a text that is still to be resolved. */
export function isFields(value: Planned | undefined): value is PlannedObject {
  return typeof value === 'object' && value !== null && !isItems(value) && !(value instanceof PlannedText)
}

/** Whether a value of JSON is a list. */
export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value)
}

/** Whether a value of JSON is a mapping. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !isList(value)
}

/** Whether a member says anything: null and an empty text are as good as none. */
export function isFilled(value: Json | undefined): boolean {
  return value !== undefined && value !== null && value !== ''
}
