/**
 * `npm run bench -- deployments`: times of this action beside those of `prefect deploy --all`, on the same server;
 * `npm run bench -- image`: beside those of `docker buildx build --push`, on the same engine and registry.
 * `--sizes 20,100,500` how many deployments; `--compare-up-to 100` the most with which `prefect deploy` is waited for;
 * `--database postgresql` instead of SQLite; `--time-zones package` a server that reads them from there and not from the disk; `--json` ends with one line of JSON; `--write` puts the results into docs/benchmarks.md.
 */
import { parseArgs } from 'node:util'
import { run } from '../sandbox/command.ts'
import { connectSandbox } from '../sandbox/connect.ts'
import type { Sandbox } from '../sandbox/connect.ts'
import { startStack } from '../sandbox/stack.ts'
import type { StackOptions } from '../sandbox/stack.ts'
import { writeImageResults, writeResults } from './benchmarks-page.ts'
import type { Setting } from './benchmarks-page.ts'
import { compareDeployments } from './deployments.ts'
import { describeImage } from './image-results.ts'
import { compareImages } from './image.ts'
import { startPostgresql } from './postgresql.ts'
import { describe, summarize } from './results.ts'

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean' }, write: { type: 'boolean' },
    sizes: { type: 'string', default: '20,100' }, 'compare-up-to': { type: 'string', default: 'Infinity' }, database: { type: 'string', default: 'sqlite' },
    'time-zones': { type: 'string', default: 'disk' },
  },
})
const sizes = options.sizes.split(',').map(Number)
const compareUpTo = Number(options['compare-up-to'])
const what = positionals.join()
if (what !== 'deployments' && what !== 'image') throw new Error('There are two benchmarks: npm run bench -- deployments, npm run bench -- image')
if (sizes.some((size) => !Number.isInteger(size) || size < 1)) throw new Error(`--sizes is a list of numbers, as 20,100; not ${options.sizes}`)
if (Number.isNaN(compareUpTo)) throw new Error(`--compare-up-to is a number, not ${options['compare-up-to']}`)
const { database, 'time-zones': timeZones } = options
if (database !== 'sqlite' && database !== 'postgresql') throw new Error('--database is sqlite or postgresql')
if (timeZones !== 'disk' && timeZones !== 'package') throw new Error('--time-zones is disk or package')

await (what === 'image' ? benchImage() : benchDeployments({ database, timeZones }))

async function benchImage(): Promise<void> {
  await withStack({}, async (sandbox) => {
    const results = await compareImages(sandbox, (comparison) => { say(describeImage(comparison)) })
    const engine = await run(['docker', '--host', sandbox.endpoints.docker.host, 'version', '--format', '{{.Server.Version}}'])
    if (options.write === true) say(`Written to ${writeImageResults(results, `Docker ${engine}`)}`)
    if (options.json === true) say(JSON.stringify(results))
  })
}

async function benchDeployments(setting: Pick<Setting, 'database' | 'timeZones'>): Promise<void> {
  const server = setting.database === 'postgresql' ? await startPostgresql() : undefined
  try {
    await withStack({ timeZones: setting.timeZones, ...(server !== undefined && { database: server.url }) }, async (sandbox) => {
      const results = await compareDeployments(sandbox, { sizes, compareUpTo, say: (comparison) => { say(describe(comparison)) } })
      const measured = `Prefect ${sandbox.endpoints.prefect.version} on ${server?.version ?? 'SQLite'}`
      if (options.write === true) say(`Written to ${writeResults(results, { server: measured, ...setting })}`)
      if (options.json === true) say(JSON.stringify(summarize(results)))
    })
  } finally {
    await server?.stop()
  }
}

async function withStack(stackOptions: StackOptions, work: (sandbox: Sandbox) => Promise<void>): Promise<void> {
  const stack = await startStack(stackOptions)
  try {
    await work(connectSandbox(stack.endpoints))
  } finally {
    await stack.stop()
  }
}

function say(line: string): void {
  console.log(line)
}
