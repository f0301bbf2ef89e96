import type { Location, Warning } from '../errors.ts'
import type { LiveWorkPool } from '../prefect-ports.ts'

/** Whether a pool would start the runs of a release now; said once for a pool. */
export function poolTraps(pool: LiveWorkPool, location: Location): Warning[] {
  const subject = `work pool "${pool.name}"`
  if (pool.paused) {
    const hint = `Resume it: prefect work-pool resume ${pool.name}.`
    return [{ code: 'pool-paused', message: `${subject} is paused, so none of its runs start`, hint, location }]
  }
  if (pool.status !== 'NOT_READY' || !needsWorker(pool)) return []
  return [{
    code: 'pool-without-worker',
    message: `${subject} has no worker online, so its runs wait until there is one`,
    hint: 'Start one, or look at the ECS service that runs it. It is to be expected when this release starts the first one.',
    location,
  }]
}

/** Prefect Cloud itself runs what comes to a push or a managed pool. */
export function needsWorker({ type }: Pick<LiveWorkPool, 'type'>): boolean {
  return !type.endsWith(':push') && !type.endsWith(':managed')
}
