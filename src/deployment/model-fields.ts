import { isFields, isItems, PlannedText } from '../planned.ts'
import type { Planned, PlannedObject } from '../planned.ts'
import { parseDuration } from './duration.ts'
import type { Path } from './pyyaml.ts'

/** Says what is wrong with the value at a path below the deployment. */
export type Report = (path: Path, message: string) => void

const YES: readonly Planned[] = [true, 1, 'true', 'yes', 'on', '1', 't', 'y']
const NO: readonly Planned[] = [false, 0, 'false', 'no', 'off', '0', 'f', 'n']

/**
 * A mapping of the file, its placeholders resolved, read key by key as Prefect's models do: text may stand for a flag or
 * a number, as templates give text only. What is wrong is reported, and the fallback is read instead.
 */
export class ModelFields {
  readonly path: Path
  readonly report: Report
  readonly #values: PlannedObject

  constructor(values: PlannedObject, path: Path, report: Report) {
    this.#values = values
    this.path = path
    this.report = report
  }

  has(key: string): boolean {
    return key in this.#values
  }

  /** Undefined also for what only the workspace can tell, in a plan that cannot ask it. */
  value(key: string): Planned | undefined {
    const value = this.#values[key]
    return value instanceof PlannedText && value.parts.some((part) => typeof part !== 'string' && part.result === 'workspace') ? undefined : value
  }

  text(key: string, fallback: string): string {
    const value = this.value(key)
    return value === undefined || typeof value === 'string' ? (value ?? fallback) : this.#refuse(key, 'must be plain text', fallback)
  }

  /** Text that nothing depends on: it may be a secret, or known later. */
  anyText(key: string, fallback: string): string | PlannedText {
    const value = this.#values[key]
    return value instanceof PlannedText ? value : this.text(key, fallback)
  }

  flag(key: string, fallback: boolean): boolean {
    const value = this.value(key)
    if (value === undefined) return fallback
    const word = typeof value === 'string' ? value.toLowerCase() : value
    return YES.includes(word) || (!NO.includes(word) && this.#refuse(key, 'must be true or false', fallback))
  }

  number(key: string, fallback: number): number {
    const value = this.value(key)
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
    if (number === undefined) return fallback
    return typeof number === 'number' && Number.isFinite(number) ? number : this.#refuse(key, 'must be a number', fallback)
  }

  integer(key: string, fallback: number): number {
    const number = this.number(key, fallback)
    return Number.isInteger(number) ? number : this.#refuse(key, 'must be a whole number', fallback)
  }

  /** A duration; a number in quotes is none. */
  seconds(key: string, fallback: number): number {
    const value = this.value(key)
    if (value === undefined) return fallback
    const seconds = typeof value === 'number' ? value : parseDuration(value)
    const isDuration = seconds !== undefined && seconds >= 0
    return isDuration ? seconds : this.#refuse(key, 'must be seconds, an ISO 8601 duration (PT10M) or H:MM:SS', fallback)
  }

  oneOf<Word extends string>(key: string, words: readonly Word[], fallback: Word): Word {
    const value = this.value(key)
    if (value === undefined) return fallback
    return words.find((word) => word === value) ?? this.#refuse(key, `must be one of ${words.join(', ')}`, fallback)
  }

  /** A set of texts, in order. */
  texts(key: string): readonly string[] {
    const value = this.value(key)
    if (value === undefined) return []
    const texts = isItems(value) ? value.filter((item) => typeof item === 'string') : []
    const areAll = isItems(value) && texts.length === value.length
    return areAll ? [...new Set(texts)].sort() : this.#refuse(key, 'must be a list of texts', [])
  }

  /** A mapping that is passed on as it is; null where the file has null or nothing. */
  mapping(key: string): PlannedObject | null {
    const value = this.value(key) ?? null
    return value === null || isFields(value) ? value : this.#refuse(key, 'must be a mapping', null)
  }

  #refuse<Fallback>(key: string, message: string, fallback: Fallback): Fallback {
    this.report([...this.path, key], `${key} ${message}`)
    return fallback
  }
}
