import { isAlias, isMap, isScalar, isSeq, visit } from 'yaml'
import type { Alias, Document, Node, Pair, YAMLMap } from 'yaml'
import { isObject } from '../planned.ts'
import type { Json, JsonObject } from '../planned.ts'

/** What each alias points at. */
export type Targets = ReadonlyMap<Alias, Node>

/** Aliases repeat what they point at; a file of ten lines can stand for 10⁹ values. */
const MAX_VALUES = 1_000_000
const MAX_DEPTH = 100

/** Turns nodes into values, as PyYAML's SafeConstructor does; what has an anchor becomes one value, however often it is repeated. */
export class Construction {
  readonly #targets: Targets
  readonly #fail: (message: string, node: unknown) => never
  readonly #anchored = new Map<unknown, { readonly value: Json; readonly values: number }>()
  readonly #open = new Set<unknown>()
  #values = 0

  /** @param fail throws; the node tells where. */
  constructor(targets: Targets, fail: (message: string, node: unknown) => never) {
    this.#targets = targets
    this.#fail = fail
  }

  construct(given: unknown, depth: number): Json {
    const node = this.#target(given)
    const known = this.#anchored.get(node)
    if (known !== undefined) {
      this.#count(known.values, given)
      return known.value
    }
    if (this.#open.has(node)) return this.#fail('it contains itself', given)
    if (depth > MAX_DEPTH) return this.#fail('its parts contain each other too often', given)
    const before = this.#values
    this.#count(1, given)
    const value = isMap(node) || isSeq(node) ? this.#collection(node, depth) : scalarOf(node)
    if (hasAnchor(node)) this.#anchored.set(node, { value, values: this.#values - before })
    return value
  }

  #collection(node: Node, depth: number): Json {
    this.#open.add(node)
    const value = isSeq(node) ? node.items.map((item) => this.construct(item, depth + 1)) : isMap(node) ? this.#mapping(node, depth) : null
    this.#open.delete(node)
    return value
  }

  /** Merged pairs come first so that own ones win; of a list of mappings the first wins. */
  #mapping(node: YAMLMap, depth: number): Json {
    const merged = node.items.filter(isMerge).flatMap(({ key, value }) => this.#merged(key, value, depth))
    const own = node.items.filter((pair) => !isMerge(pair)).map(({ key, value }): [string, Json] => [this.#key(key), this.construct(value, depth + 1)])
    return Object.fromEntries([...merged, ...own])
  }

  #merged(key: unknown, given: unknown, depth: number): [string, Json][] {
    const source = this.#target(given)
    return (isSeq(source) ? [...source.items].reverse() : [given]).flatMap((item) => {
      const value = this.construct(item, depth + 1)
      return isObject(value) ? Object.entries<Json>(value satisfies JsonObject) : this.#fail('only mappings can be merged', key)
    })
  }

  #key(given: unknown): string {
    const node = this.#target(given)
    return isScalar(node) ? String(node.value) : this.#fail('a list or mapping cannot be a key', given)
  }

  #count(values: number, node: unknown): void {
    this.#values += values
    if (this.#values > MAX_VALUES) this.#fail('its parts repeat or contain each other too often', node)
  }

  #target(node: unknown): unknown {
    if (!isAlias(node)) return node
    return this.#targets.get(node) ?? this.#fail(`there is no anchor &${node.source}`, node)
  }
}

/**
 * The anchor of an alias's name before it; PyYAML takes a name only once.
 * @param fail throws; the node tells where.
 */
export function targetsOf(document: Document.Parsed, fail: (message: string, node: unknown) => never): Targets {
  const anchors = new Map<string, Node>()
  const targets = new Map<Alias, Node>()
  visit(document, {
    Alias: (_, alias) => {
      const target = anchors.get(alias.source)
      if (target !== undefined) targets.set(alias, target)
    },
    Value: (_, node) => {
      if (node.anchor === undefined) return
      if (anchors.has(node.anchor)) fail(`the anchor &${node.anchor} is there twice`, node)
      anchors.set(node.anchor, node)
    },
  })
  return targets
}

export function isMerge({ key }: Pair): boolean {
  return isScalar(key) && key.type === 'PLAIN' && key.source === '<<'
}

/** Where a node is written. */
export function offsetOf(node: unknown): number {
  const range = isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? node.range : undefined
  return range?.[0] ?? 0
}

function scalarOf(node: unknown): Json {
  return isScalar(node) ? (node.value as Json) : null // what PYYAML_SCALARS resolve to, or text
}

function hasAnchor(node: unknown): boolean {
  return (isScalar(node) || isMap(node) || isSeq(node)) && node.anchor !== undefined
}
