import type { PlanChange, PlanValue } from '../plan-value.ts'
import { cut } from './markdown.ts'
import { shortName } from './short-names.ts'

/** Longest text of a value in a line of the log. */
const LOG_TEXT = 120

/** `path: before → after`, each cut to a readable length. */
export function formatChange({ path, before, after, outside }: PlanChange, length = LOG_TEXT): string {
  if (isHidden(before) && isHidden(after)) return `${path}: differs (hidden)${mark(outside)}`
  const [one, other] = excerpts(formatValue(before, Infinity), formatValue(after, Infinity), length)
  return `${path}: ${one} → ${other}${mark(outside)}`
}

/**
 * The change as a line of a diff: `! path: before → after`, `+ path: after`, `- path: before`; images and revisions by
 * their short names.
 */
export function diffLine(change: PlanChange, length: number): string {
  const short = withShortNames(change)
  const { path, before, after, outside } = short
  const name = cut(path, length)
  if (before === undefined) return `+ ${name}: ${formatValue(after, length)}${mark(outside)}`
  if (after === undefined) return `- ${name}: ${formatValue(before, length)}${mark(outside)}`
  return `! ${formatChange({ ...short, path: name }, length)}`
}

/** A value for people: results of later layers and hidden values in words. */
export function formatValue(value: PlanValue | undefined, length = LOG_TEXT): string {
  if (value === undefined) return '(none)'
  const shown = words(value)
  return cut(typeof shown === 'string' ? shown : JSON.stringify(shown), length)
}

/** A text in which `{image}` and the like stand for results of the release, with words for them. */
export function withWords(text: string): string {
  return text.replaceAll(RESULT, (_, result) => later(result))
}

/** Names that are the same when they are short differ in account, region or registry, and stay long. */
function withShortNames(change: PlanChange): PlanChange {
  const { before, after } = change
  const short = (value: PlanValue | undefined) => (typeof value === 'string' ? shortName(value) : value)
  const [one, other] = [short(before), short(after)]
  if (one === other) return change
  return { ...change, ...(one !== undefined && { before: one }), ...(other !== undefined && { after: other }) }
}

function mark(outside: true | undefined): string {
  return outside === true ? '  (set outside the file)' : ''
}

function isHidden(value: PlanValue | undefined): boolean {
  return typeof value === 'object' && value !== null && '$sensitive' in value
}

/** How much of what two texts have in common is shown before they differ. */
const COMMON = 20

/** Of two texts that begin alike for too long, what follows from shortly before they differ. */
function excerpts(one: string, other: string, length: number): readonly [string, string] {
  const start = commonStart(one, other)
  const skipped = start < length - COMMON ? 0 : start - COMMON
  const excerpt = (text: string) => (skipped === 0 ? '' : '…') + cut(text.slice(skipped).replace(/^[\uDC00-\uDFFF]/, ''), length)
  return [excerpt(one), excerpt(other)]
}

function commonStart(one: string, other: string): number {
  let index = 0
  while (index < one.length && one[index] === other[index]) index += 1
  return index
}

/** The value with words for what it does not say. */
function words(value: PlanValue): unknown {
  if (typeof value !== 'object' || value === null) return value
  return JSON.parse(JSON.stringify(value, (_, item: unknown) => {
    if (item === null || typeof item !== 'object') return item
    if ('$sensitive' in item) return '(hidden)'
    if ('$knownAfter' in item) {
      return 'text' in item && typeof item.text === 'string' ? withWords(item.text) : later(item.$knownAfter)
    }
    return item
  }))
}

/** Stands in a text where a result of the release will be. */
const RESULT = /\{(image|taskDefinition [\w-]+|step \d+ [a-z]+)\}/g

/** What has to be done before a result is known. */
function later(result: unknown): string {
  if (result === 'image') return '(known after push)'
  const family = typeof result === 'string' ? /^taskDefinition (.+)$/.exec(result)?.[1] : undefined
  return family === undefined ? '(known after run_shell_script)' : `(known after registration of ${family})`
}
