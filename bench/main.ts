/**
 * `npm run bench -- deployments`: times of this action beside those of `prefect deploy --all`, on the same server.
 * `--sizes 20,100,500` how many deployments; `--database postgresql` instead of SQLite; `--json` ends with one line of
 * JSON; `--write` puts the results into docs/benchmarks.md.
 */
import { parseArgs } from 'node:util'
import { connectSandbox } from '../sandbox/connect.ts'
import { startStack } from '../sandbox/stack.ts'
import { writeResults } from './benchmarks-page.ts'
import { compareDeployments } from './deployments.ts'
import { startPostgresql } from './postgresql.ts'
import { describe, summarize } from './results.ts'

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean' }, write: { type: 'boolean' },
    sizes: { type: 'string', default: '20,100' }, database: { type: 'string', default: 'sqlite' },
  },
})
const sizes = options.sizes.split(',').map(Number)
if (positionals.join() !== 'deployments') throw new Error('There is one benchmark: npm run bench -- deployments')
if (sizes.some((size) => !Number.isInteger(size) || size < 1)) throw new Error(`--sizes is a list of numbers, as 20,100; not ${options.sizes}`)
if (options.database !== 'sqlite' && options.database !== 'postgresql') throw new Error('--database is sqlite or postgresql')

const database = options.database === 'postgresql' ? await startPostgresql() : undefined
try {
  const stack = await startStack(database === undefined ? {} : { database: database.url })
  try {
    const say = (line: string) => { console.log(line) }
    const results = await compareDeployments(connectSandbox(stack.endpoints), { sizes, say: (comparison) => { say(describe(comparison)) } })
    const server = `Prefect ${stack.endpoints.prefect.version} on ${database?.version ?? 'SQLite'}`
    if (options.write === true) say(`Written to ${writeResults(results, { server, database: options.database })}`)
    if (options.json === true) say(JSON.stringify(summarize(results)))
  } finally {
    await stack.stop()
  }
} finally {
  await database?.stop()
}
