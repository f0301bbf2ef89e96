import { isAlias, isMap, isScalar, isSeq } from 'yaml'
import type { YAMLMap } from 'yaml'
import type { Path } from './pyyaml.ts'
import { isMerge, offsetOf } from './pyyaml-construction.ts'
import type { Targets } from './pyyaml-construction.ts'

/** A key, or an item, and what stands there. */
type Place = { readonly where: unknown; readonly value: unknown }

/**
 * Finds where the part of a value at a path is written, which a person would edit: in an anchor if it comes from one. For a
 * part that is not there it is the nearest one around it. A place is looked for when it is asked for, for few ever are.
 * @param root of a document that was constructed without error.
 * @returns offsets in the text.
 */
export function createLocator(root: unknown, targets: Targets): (path: Path) => number {
  const known = new Map<YAMLMap, ReadonlyMap<string, Place>>()
  const target = (node: unknown) => (isAlias(node) ? targets.get(node) : node)

  return (path) => {
    let place: Place = { where: root, value: root }
    for (const key of path) {
      const part = partOf(target(place.value), key)
      if (part === undefined) break
      place = part
    }
    return path.length === 0 ? 0 : offsetOf(place.where)
  }

  function partOf(node: unknown, key: string | number): Place | undefined {
    if (isMap(node)) return placesOf(node).get(String(key))
    return isSeq(node) && Number(key) in node.items ? { where: node.items[Number(key)], value: node.items[Number(key)] } : undefined
  }

  /** Own keys win over merged ones; of a list of merged mappings the first wins. */
  function placesOf(node: YAMLMap): ReadonlyMap<string, Place> {
    const places = known.get(node) ?? new Map([
      ...node.items.filter(isMerge).flatMap(({ value }) => sourcesOf(value)).flatMap((source) => (isMap(source) ? [...placesOf(source)] : [])),
      ...node.items.filter((pair) => !isMerge(pair)).map(({ key, value }): [string, Place] => [keyOf(target(key)), { where: key, value }]),
    ])
    known.set(node, places)
    return places
  }

  function sourcesOf(merged: unknown): unknown[] {
    const source = target(merged)
    return isSeq(source) ? source.items.map(target).reverse() : [source]
  }
}

function keyOf(key: unknown): string {
  return isScalar(key) ? String(key.value) : ''
}
