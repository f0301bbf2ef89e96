import type { Clock } from '../ports.ts'
import type { PrefectWorkspace } from '../prefect-ports.ts'

/** Whether somebody has paused a deployment since its plan was made. */
export type IsPaused = (deploymentId: string) => Promise<boolean>

/** An answer is good for this long: a question before each write would cost as much as the write. */
const FRESH_MS = 1000

/** Asks for all deployments at once, and again when the last answer is older than a second. */
export function watchPauses(
  ids: readonly string[], { workspace, clock }: { readonly workspace: PrefectWorkspace; readonly clock: Clock },
): IsPaused {
  let asked: { readonly at: number; readonly paused: Promise<ReadonlySet<string>> } | undefined
  return async (id) => {
    const now = clock.now().getTime()
    if (asked === undefined || now - asked.at >= FRESH_MS) asked = { at: now, paused: workspace.pausedOf(ids) }
    return (await asked.paused).has(id)
  }
}
