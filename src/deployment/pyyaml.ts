import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml'
import type { Alias, Document, Node, YAMLMap } from 'yaml'
import { DeployError, messageOf } from '../errors.ts'
import type { Location } from '../errors.ts'
import type { Json } from '../planned.ts'
import { PYYAML_SCALARS } from './pyyaml-scalars.ts'

export type Path = readonly (string | number)[]

/** A YAML file as JSON that knows where each part was written. */
export type YamlFile = {
  readonly value: Json
  /** Where the key or item at `path` is; of the nearest part around it when there is no such part. */
  readonly locate: (path: Path) => Location
}

/** Aliases repeat what they point at; a file of ten lines can stand for 10⁹ values. */
const MAX_VALUES = 200_000
const MAX_DEPTH = 100

/**
 * Reads YAML as PyYAML's `safe_load` does: its scalars, its merge keys, the last of equal keys wins.
 * @throws DeployError `prefect-file-syntax` with line and column.
 */
export function parseYaml(text: string, file: string): YamlFile {
  const lines = new LineCounter()
  const document = parse(text, file, lines)
  const [problem] = [...document.errors, ...document.warnings]
  if (problem !== undefined) throw syntaxError(problem.message, locationOf(file, lines, problem.pos[0]))
  const construction = new Construction(document, (offset) => locationOf(file, lines, offset))
  const value = construction.construct(document.contents, [])
  return { value, locate: (path) => construction.locate(path) }
}

function parse(text: string, file: string, lineCounter: LineCounter): Document.Parsed {
  try {
    return parseDocument(text, {
      version: '1.1', schema: 'failsafe', customTags: PYYAML_SCALARS, resolveKnownTags: false,
      uniqueKeys: false, prettyErrors: false, lineCounter,
    })
  } catch (error) {
    throw syntaxError(messageOf(error), { file }) // thousands of brackets in brackets exhaust the stack
  }
}

function locationOf(file: string, lines: LineCounter, offset: number): Location {
  const { line, col } = lines.linePos(offset)
  return { file, line, column: col }
}

function syntaxError(message: string, location: Location): DeployError {
  return new DeployError('prefect-file-syntax', `${location.file} is not valid YAML: ${message}`, {
    location, hint: 'Put text with {{ }}, : or a leading * in quotes.',
  })
}

/** Turns nodes into values, as PyYAML's SafeConstructor does. */
class Construction {
  readonly #locations = new Map<string, Location>()
  readonly #targets: ReadonlyMap<Alias, Node>
  readonly #locationAt: (offset: number) => Location
  #values = 0

  constructor(document: Document.Parsed, locationAt: (offset: number) => Location) {
    this.#targets = targetsOf(document)
    this.#locationAt = locationAt
  }

  locate(path: Path): Location {
    const known = this.#locations.get(keyOf(path))
    return known ?? (path.length === 0 ? this.#locationAt(0) : this.locate(path.slice(0, -1)))
  }

  construct(given: unknown, path: Path): Json {
    const node = this.#target(given)
    this.#count(1, path.length, node)
    if (isMap(node)) return this.#mapping(node, path)
    if (isSeq(node)) return node.items.map((item, index) => this.#part(item, item, [...path, index]))
    return isScalar(node) ? (node.value as Json) : null // scalars are what PYYAML_SCALARS resolve to, or text
  }

  #mapping(node: YAMLMap, path: Path): Json {
    const fields = this.#pairs(node, 0).map(([keyNode, value]): [string, Json] => {
      const key = this.#key(keyNode)
      return [key, this.#part(keyNode, value, [...path, key])]
    })
    return Object.fromEntries(fields)
  }

  #part(where: unknown, node: unknown, path: Path): Json {
    this.#locations.set(keyOf(path), this.#locationOf(where))
    return this.construct(node, path)
  }

  #key(given: unknown): string {
    const node = this.#target(given)
    if (isScalar(node)) return String(node.value)
    throw syntaxError('a list or mapping cannot be a key', this.#locationOf(given))
  }

  /** Merged pairs come first so that own ones win; of a list of mappings the first wins. */
  #pairs(node: YAMLMap, depth: number): [unknown, unknown][] {
    this.#count(1, depth, node)
    const isMerge = (key: unknown) => isScalar(key) && key.type === 'PLAIN' && key.source === '<<'
    const merged = node.items.filter(({ key }) => isMerge(key)).flatMap(({ key, value }) => {
      const source = this.#target(value)
      const mappings = isSeq(source) ? source.items.map((item) => this.#target(item)).reverse() : [source]
      return mappings.flatMap((mapping) => {
        if (isMap(mapping)) return this.#pairs(mapping, depth + 1)
        throw syntaxError('only mappings can be merged', this.#locationOf(key))
      })
    })
    this.#count(merged.length, depth, node)
    return [...merged, ...node.items.filter(({ key }) => !isMerge(key)).map(({ key, value }): [unknown, unknown] => [key, value])]
  }

  #count(values: number, depth: number, node: unknown): void {
    this.#values += values
    if (this.#values <= MAX_VALUES && depth <= MAX_DEPTH) return
    throw syntaxError('its parts repeat or contain each other too often', this.#locationOf(node))
  }

  #target(node: unknown): unknown {
    if (!isAlias(node)) return node
    const target = this.#targets.get(node)
    if (target === undefined) throw syntaxError(`there is no anchor &${node.source}`, this.#locationOf(node))
    return target
  }

  #locationOf(node: unknown): Location {
    const range = isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? node.range : undefined
    return this.#locationAt(range?.[0] ?? 0)
  }
}

/** What each alias points at: the last anchor of its name before it. */
function targetsOf(document: Document.Parsed): Map<Alias, Node> {
  const anchors = new Map<string, Node>()
  const targets = new Map<Alias, Node>()
  visit(document, {
    Alias: (_, alias) => {
      const target = anchors.get(alias.source)
      if (target !== undefined) targets.set(alias, target)
    },
    Value: (_, node) => {
      if (node.anchor !== undefined) anchors.set(node.anchor, node)
    },
  })
  return targets
}

function keyOf(path: Path): string {
  return path.join('\0')
}
