import type { Revision, StoredTask, World } from '../world.ts'
import { markPending, markRunning, markStopped } from './task-record.ts'

/** What happens to the tasks of RunTask. */
export interface TaskRunner {
  /** Takes the task from PROVISIONING to STOPPED, in its own time. */
  start(world: World, task: StoredTask, revision: Revision): void
  /** Ends a task before it would have ended. */
  stop(world: World, task: StoredTask, reason: string): void
  /** Leaves nothing behind. */
  dispose(): Promise<void>
}

/** Tasks that only seem to run, and succeed. */
export const simulatedRunner: TaskRunner = {
  start(world, { taskArn }, { definition }) {
    const { timeline, durations } = world
    const { provision, pull, crash } = durations
    timeline.after(provision, () => {
      markPending(world, taskArn)
    })
    timeline.after(provision + pull, () => {
      markRunning(world, taskArn)
    })
    const containers = Object.fromEntries((definition.containerDefinitions ?? []).map(({ name = '' }) => [name, { exitCode: 0 }]))
    timeline.after(provision + pull + crash, () => {
      markStopped(world, taskArn, { stopCode: 'EssentialContainerExited', stoppedReason: 'Essential container in task exited', containers })
    })
  },
  stop(world, { taskArn }, stoppedReason) {
    markStopped(world, taskArn, { stopCode: 'UserInitiated', stoppedReason })
  },
  async dispose() {
    // nothing runs
  },
}
