/** Ids that must outlive a release: those of schedules and automations whose content stays as it is. */
import type { Row, WorkspaceState } from '../workspace-state.ts'

/** Schedules and automations that are the same before and after, but under another id, as `schedule {…}`. */
export function lostIdentities(before: WorkspaceState, after: WorkspaceState): readonly string[] {
  const ids = new Set(identitiesOf(after).map(({ id }) => id))
  const contents = new Set(identitiesOf(after).map(({ content }) => content))
  return identitiesOf(before).filter(({ id, content }) => contents.has(content) && !ids.has(id)).map(({ content }) => content)
}

function identitiesOf({ deployments, automations }: WorkspaceState): readonly { readonly id: string; readonly content: string }[] {
  const schedules = deployments.flatMap((deployment) => (deployment.schedules as readonly Row[]).map((row) => ({ kind: 'schedule', row })))
  const all = [...schedules, ...automations.map((row) => ({ kind: 'automation', row }))]
  return all.map(({ kind, row }) => ({ id: row.id, content: `${kind} ${JSON.stringify(contentOf(row))}` }))
}

/** All but ids and times, at any depth: a trigger has an id of its own. */
function contentOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(contentOf)
  if (typeof value !== 'object' || value === null) return value
  const content = Object.entries(value).filter(([key]) => !['id', 'created', 'updated'].includes(key))
  return Object.fromEntries(content.map(([key, item]) => [key, contentOf(item)]))
}
