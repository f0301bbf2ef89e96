import { isList, isObject } from '../planned.ts'
import type { Json } from '../planned.ts'
import type { ContainerDefinition, TaskDefinition } from '../ecs-ports.ts'

/** A value to set, which may be empty; undefined for a name to remove. */
export type Edit = { readonly name: string; readonly value: string | undefined }

/** What the inputs of the same names change of a task definition. */
export type DefinitionEdits = { readonly environment: readonly Edit[]; readonly secrets: readonly Edit[]; readonly tags: readonly Edit[] }

/** Which members of a list's items are the edit's name and value. */
type ListForm = { readonly key: string; readonly value: string }
const VARIABLES: ListForm = { key: 'name', value: 'value' }
const SECRETS: ListForm = { key: 'name', value: 'valueFrom' }
const TAGS: ListForm = { key: 'key', value: 'value' }

/** The definition with its tags, and the environment and the secrets of one container, changed; all else stays as it was written. */
export function editDefinition(definition: TaskDefinition, container: string, edits: DefinitionEdits): TaskDefinition {
  const containers = definition.containerDefinitions
  return {
    ...definition,
    containerDefinitions: containers.map((each) => (each.name === container ? editContainer(each, edits) : each)),
    ...edited('tags', definition.tags, { edits: edits.tags, form: TAGS }),
  }
}

/** A variable is plain or secret, AWS refuses one that is both: set as one, it is no longer the other. */
function editContainer(container: ContainerDefinition, { environment, secrets }: DefinitionEdits): ContainerDefinition {
  return {
    ...container,
    ...edited('environment', container.environment, { edits: [...takenOver(secrets), ...environment], form: VARIABLES }),
    ...edited('secrets', container.secrets, { edits: [...takenOver(environment), ...secrets], form: SECRETS }),
  }
}

function takenOver(edits: readonly Edit[]): Edit[] {
  return edits.filter(({ value }) => value !== undefined).map(({ name }) => ({ name, value: undefined }))
}

/** The member with its new list, unless there is none and it would be empty. */
function edited(member: string, list: Json | undefined, { edits, form }: { readonly edits: readonly Edit[]; readonly form: ListForm }) {
  const items = edits.reduce<readonly Json[]>((all, edit) => editItem(all, edit, form), isList(list) ? list : [])
  return isList(list) || items.length > 0 ? { [member]: items } : {}
}

function editItem(items: readonly Json[], { name, value }: Edit, form: ListForm): readonly Json[] {
  const isNamed = (item: Json) => isObject(item) && item[form.key] === name
  if (value === undefined) return items.filter((item) => !isNamed(item))
  const item = { [form.key]: name, [form.value]: value }
  return items.some(isNamed) ? items.map((each) => (isNamed(each) ? item : each)) : [...items, item]
}
