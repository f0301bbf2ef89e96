/** A Prefect server of its own, in the state that every trial starts from, and the action ready to run on it. */
import { join } from 'node:path'
import { connectSandbox } from '../connect.ts'
import type { Sandbox } from '../connect.ts'
import { startPrefect } from '../prefect.ts'
import { startPrefectRecorder } from '../prefect-recorder.ts'
import type { StepOptions, StepResult } from '../runner.ts'
import { pushEvent } from '../runner/event.ts'
import { seedPrefect } from '../seed-prefect.ts'
import type { Endpoints } from '../stack.ts'
import { readWorkspaceState } from '../workspace-state.ts'
import type { WorkspaceState } from '../workspace-state.ts'
import { saveDatabase } from './database.ts'
import { rememberDocker } from './remembered-docker.ts'
import { setScene } from './scene.ts'

export interface Lane {
  readonly prefect: Sandbox['prefect']
  /** The state before any trial. */
  readonly before: WorkspaceState
  /** Back to the state before any trial; no faults, an empty journal. */
  restore(): Promise<void>
  release(options?: Pick<StepOptions, 'killAfter'>): Promise<StepResult>
  read(): Promise<WorkspaceState>
  /** Does what the server's scheduler does once a minute, which here is off lest it does so in the middle of a trial. */
  letSchedulerRun(): Promise<void>
  stop(): Promise<void>
}

const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** @param endpoints of a sandbox, whose AWS and container engine the lane uses. */
export async function openLane(endpoints: Endpoints): Promise<Lane> {
  const server = await startPrefect({ folder: endpoints.folder, scheduler: false })
  const recorder = await startPrefectRecorder(server)
  const stop = async () => {
    await recorder.stop()
    await server.stop()
  }
  try {
    await seedPrefect({ directUrl: server.apiUrl })
    const prefect = { apiUrl: recorder.apiUrl, directUrl: server.apiUrl, recorder: recorder.url, version: server.version }
    const sandbox = connectSandbox({ ...endpoints, prefect })
    return { ...(await prepare(sandbox, server)), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function prepare(sandbox: Sandbox, server: { readonly home: string }): Promise<Omit<Lane, 'stop'>> {
  const { prefect } = sandbox
  const { workspace, image } = await setScene(sandbox)
  const read = () => readWorkspaceState((...call) => sandbox.prefectRequest(...call))
  const letSchedulerRun = async () => {
    const running = (await sandbox.prefectRequest('POST', '/deployments/filter', { deployments: { paused: { eq_: false } } })) as readonly { readonly id: string }[]
    for (const { id } of running) await sandbox.prefectRequest('POST', `/deployments/${id}/schedule`, {})
  }
  const env = { NODE_COMPILE_CACHE: join(server.home, 'compiled'), PATH: `${rememberDocker(server.home)}:${SYSTEM_PATH}` }
  const putBack = saveDatabase(server)
  return {
    prefect,
    before: await read(),
    read,
    letSchedulerRun,
    restore: async () => {
      await prefect.clearFaults()
      await prefect.clearJournal()
      putBack()
    },
    release: (options) => sandbox.run({ ...options, workspace, event: pushEvent(), inputs: { service: '', image }, env }),
  }
}
