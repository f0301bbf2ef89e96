/** The two servers of the parity check, and the two programs. */
import type { Sandbox } from '../connect.ts'
import { startPrefect } from '../prefect.ts'
import { startPrefectRecorder } from '../prefect-recorder.ts'
import { seedPrefect } from '../seed-prefect.ts'
import { casesFolder } from './cases.ts'
import type { ParityCase } from './cases.ts'
import { surroundingsOf } from './mentions.ts'
import { startPrefectCli } from './prefect-cli.ts'
import { createPrograms } from './programs.ts'
import type { Programs } from './programs.ts'
import { createProject } from './project.ts'
import { connectSide } from './side.ts'
import type { Side } from './side.ts'

export type Arena = {
  readonly programs: Programs
  /** The server that only this action writes to. */
  readonly ours: Side
  /** The one that `prefect deploy` writes to. */
  readonly theirs: Side
  stop(): Promise<void>
}

/** Starts the second server and the command line beside a running sandbox. @param source folder that the Prefect files come from. */
export async function openArena(sandbox: Sandbox, cases: readonly ParityCase[], source = casesFolder): Promise<Arena> {
  const { folder, prefect } = sandbox.endpoints
  const [server, workspace] = await Promise.all([startPrefect({ folder }), createProject(folder, cases, source)])
  await seedPrefect({ directUrl: server.apiUrl })
  const recorder = await startPrefectRecorder(server)
  const cli = startPrefectCli({ apiUrl: recorder.apiUrl, folder })
  const [ours, theirs] = await Promise.all([
    connectSide(prefect),
    connectSide({ directUrl: server.apiUrl, apiUrl: recorder.apiUrl, recorder: recorder.url }),
  ])
  const surroundings = surroundingsOf(cases.map(({ file }) => file))
  await Promise.all([ours.provide(surroundings), theirs.provide(surroundings)])
  return {
    ours,
    theirs,
    programs: createPrograms(sandbox, cli, workspace),
    stop: async () => {
      await ours.leave()
      await cli.stop()
      await recorder.stop()
      await server.stop()
    },
  }
}
