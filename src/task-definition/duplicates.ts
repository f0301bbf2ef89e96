import { isList, isObject } from '../planned.ts'
import type { Json } from '../planned.ts'
import type { FieldProblem } from '../ecs-ports.ts'

type Path = FieldProblem['path']
type Named = { readonly name: string; readonly path: Path }

/** Names that may be there once and are there again, each at its second place. */
export function duplicates(definition: Json): FieldProblem[] {
  if (!isObject(definition)) return []
  const containers = isList(definition.containerDefinitions) ? definition.containerDefinitions : []
  return [
    ...repeated(named(definition.containerDefinitions, 'name', ['containerDefinitions']), 'containers'),
    ...repeated(named(definition.volumes, 'name', ['volumes']), 'volumes'),
    ...repeated(named(definition.tags, 'key', ['tags']), 'tags'),
    ...containers.flatMap((container, index) => {
      const { environment, secrets } = isObject(container) ? container : {}
      const path = ['containerDefinitions', index]
      return repeated([...named(environment, 'name', [...path, 'environment']), ...named(secrets, 'name', [...path, 'secrets'])], 'variables')
    }),
  ]
}

function named(list: Json | undefined, key: string, path: Path): Named[] {
  return (isList(list) ? list : []).flatMap((item, index) => {
    const name = isObject(item) ? item[key] : undefined
    return typeof name === 'string' ? [{ name, path: [...path, index, key] }] : []
  })
}

function repeated(all: readonly Named[], what: string): FieldProblem[] {
  const names = all.map(({ name }) => name)
  return all.flatMap(({ name, path }, index) => (names.indexOf(name) < index ? [{ path, message: `There are two ${what} "${name}"` }] : []))
}
