/**
 * A process of its own that reads the Prefect file of a folder, selects all of it and plans it over pools and flows in
 * memory, as a release does: `node plan-folder.ts FOLDER [PATTERN…]`. Prints what came of it, and what it took.
 */
import { DeployError } from '../src/errors.ts'
import type { Flow } from '../src/flow.ts'
import { resolveNames } from '../src/deployment/names.ts'
import { basesOf, markOutside } from '../src/deployment/outside.ts'
import { planDeployment } from '../src/deployment/plan.ts'
import { readPrefectFiles } from '../src/deployment/prefect-files.ts'
import { selectDeployments } from '../src/deployment/select.ts'
import { desireAll } from '../src/release/desired-deployments.ts'
import { aFlow, aPool, REPOSITORY } from './prefect-files/deployments.ts'

export type PlannedFolder = {
  readonly problem: { readonly code: string; readonly message: string; readonly line: number | undefined; readonly column: number | undefined } | undefined
  /** `flow/deployment action` */
  readonly plans: readonly string[]
  /** Of the processor, which others may use meanwhile. */
  readonly seconds: number
  readonly megabytes: number
}

const [, , folder = '', ...patterns] = process.argv
const result = await plan().then((plans) => ({ plans }), (error: unknown) => ({ plans: [], problem: problemOf(error) }))
const { user, system } = process.cpuUsage()
console.log(JSON.stringify({ ...result, seconds: (user + system) / 1e6, megabytes: process.resourceUsage().maxRSS / 1024 }))

async function plan(): Promise<string[]> {
  const files = await readPrefectFiles({ workspace: folder, directory: folder, patterns: ['prefect.yaml'] })
  const sources = { environment: {}, lookups: new Map() }
  const configs = resolveNames(selectDeployments(files, patterns), sources)
  const flows = new Map<string, Flow>()
  const flowOf = (entrypoint: string) => {
    const flow = flows.get(entrypoint) ?? aFlow({ entrypoint, name: entrypoint.slice(entrypoint.lastIndexOf(':') + 1) })
    flows.set(entrypoint, flow)
    return flow
  }
  const { deployments } = desireAll(configs, {
    sources,
    live: { deployments: [], workPools: [aPool()] },
    names: { name: REPOSITORY, tag: 'abc123' },
    families: [],
    steps: { runs: [], planned: [], warnings: [], outputsOf: () => new Map(), runsOf: () => [], copiesCode: () => false },
    flows: { of: ({ entrypoint }) => ({ flow: flowOf(entrypoint), isUnread: false, workingDirectory: '/srv/flows' }), warnings: [], omissions: [] },
  })
  const baseOf = basesOf(files.deployments)
  return deployments
    .map(({ desired, config }) => markOutside(planDeployment(desired, undefined, {}), { config, base: baseOf(config) }))
    .map(({ name, action }) => `${name} ${action}`)
}

function problemOf(error: unknown): PlannedFolder['problem'] {
  if (!(error instanceof DeployError)) throw error
  const { code, message, location } = error
  return { code, message: message.slice(0, 300), line: location?.line, column: location?.column }
}
