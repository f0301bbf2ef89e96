import { Lexer, LineCounter, parseDocument } from 'yaml'
import type { Document } from 'yaml'
import { DeployError, messageOf } from '../errors.ts'
import type { Location } from '../errors.ts'
import type { Json } from '../planned.ts'
import { findForbidden } from './pyyaml-characters.ts'
import { Construction, offsetOf, targetsOf } from './pyyaml-construction.ts'
import { PYYAML_SCALARS } from './pyyaml-scalars.ts'
import { createLocator } from './pyyaml-places.ts'

export type Path = readonly (string | number)[]

/** A YAML file as JSON that knows where each part was written. */
export type YamlFile = {
  readonly value: Json
  /** Where the key or item at `path` is; of the nearest part around it when there is no such part. */
  readonly locate: (path: Path) => Location
}

/** Some 10,000 deployments of the usual size; what is more would take longer and more memory than a release may. */
const MAX_TOKENS = 1_200_000
/**
 * Reads YAML as PyYAML's `safe_load` does: its scalars, its merge keys, the last of equal keys wins. What an alias
 * repeats is the same object in all its places.
 * @throws DeployError `prefect-file-syntax` with line and column.
 */
export function parseYaml(text: string, file: string): YamlFile {
  const lines = new LineCounter()
  const locationAt = (offset: number) => locationOf(file, lines, offset)
  try {
    const document = parse(text.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n'), file, lines) // as Python opens a file
    const [problem] = [...document.errors, ...document.warnings]
    if (problem !== undefined) throw syntaxError(problem.message, locationAt(problem.pos[0]))
    const fail = (message: string, node: unknown): never => { throw syntaxError(message, locationAt(offsetOf(node))) }
    const targets = targetsOf(document, fail)
    const value = new Construction(targets, fail).construct(document.contents, 0)
    const offsetAt = createLocator(document.contents, targets)
    return { value, locate: (path) => locationAt(offsetAt(path)) }
  } catch (error) {
    throw error instanceof RangeError ? syntaxError(messageOf(error), { file }) : error // thousands of brackets in brackets
  }
}

function parse(text: string, file: string, lineCounter: LineCounter): Document.Parsed {
  const forbidden = findForbidden(text)
  if (forbidden !== -1) {
    const before = text.slice(0, forbidden).split('\n')
    const code = (text.codePointAt(forbidden) ?? 0).toString(16).toUpperCase().padStart(4, '0')
    const location = { file, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
    throw syntaxError(`the character ${code === '0009' ? 'tab' : `U+${code}`} is not allowed here`, location)
  }
  if (isTooLarge(text)) throw syntaxError('it is too large', { file }, 'Divide it into several files, and use the action once for each.')
  return parseDocument(text, {
    version: '1.1', schema: 'failsafe', customTags: PYYAML_SCALARS, resolveKnownTags: false,
    uniqueKeys: false, prettyErrors: false, lineCounter,
  })
}

/** Tokens are counted before any of them is kept. */
function isTooLarge(text: string): boolean {
  if (text.length < MAX_TOKENS) return false
  let tokens = 0
  for (const token of new Lexer().lex(text)) {
    tokens += token === '' ? 0 : 1
    if (tokens > MAX_TOKENS) return true
  }
  return false
}

function locationOf(file: string, lines: LineCounter, offset: number): Location {
  const { line, col } = lines.linePos(offset)
  return { file, line, column: col }
}

function syntaxError(message: string, location: Location, hint = 'Put text with {{ }}, : or a leading * in quotes.'): DeployError {
  return new DeployError('prefect-file-syntax', `${location.file} is not valid YAML: ${message}`, { location, hint })
}
