/** Where the simulator and moto answer the same call differently, and which of it is meant so. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { differencesOf } from '../parity/differences.ts'
import { normalise } from './normalise.ts'
import type { Exchange } from './script.ts'

/** What one side said, and what it alone calls so: a host, a subnet, by what stands for it. */
export type Said = { readonly exchanges: readonly Exchange[]; readonly names: Readonly<Record<string, string>> }

/** @returns each difference as one line: `call path: our value, moto its value`. */
export function differencesBetween(ours: Said, moto: Said): readonly string[] {
  return ours.exchanges.flatMap(({ call, answer }, index) => {
    const theirs = moto.exchanges[index]
    if (theirs?.call !== call) return [`${call}: moto was not asked`]
    const found = differencesOf(normalise(answer, ours.names), normalise(theirs.answer, moto.names))
    return found.map((difference) => `${call} ${difference.path}: ${told(difference.ours)}, moto ${told(difference.theirs)}`)
  })
}

/** Reason → `path: our value, moto its value` → the calls that answer so. */
type Intended = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>

/** What differs on purpose, in the same lines, and the reasons for it. */
export function intendedDifferences(): { readonly lines: readonly string[]; readonly reasons: readonly string[] } {
  const intended = JSON.parse(readFileSync(join(import.meta.dirname, 'intended.json'), 'utf8')) as Intended // of this folder
  const lines = Object.values(intended).flatMap((places) => Object.entries(places).flatMap(([place, calls]) => calls.map((call) => `${call} ${place}`)))
  return { lines, reasons: Object.keys(intended) }
}

const LONGEST = 110

/** A long value by its kind: what is in it differs as a whole. */
function told(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text = JSON.stringify(value)
  if (text.length <= LONGEST) return text
  if (Array.isArray(value)) return `a list of ${value.length}`
  return typeof value === 'string' ? 'a text' : 'an object'
}
