/**
 * `npm run demo`: real releases of the sample project on the sandbox. `--auth` has the Prefect server demand Basic
 * authentication and CSRF tokens, `--cloud` speaks to it in the shape of Prefect Cloud; `--json` ends with one line of JSON.
 */
import { parseArgs } from 'node:util'
import { connectSandbox } from './connect.ts'
import { playScenario } from './scenario.ts'
import type { Endpoints } from './stack.ts'
import { startStack } from './stack.ts'

const { values: options } = parseArgs({ options: { json: { type: 'boolean' }, auth: { type: 'boolean' }, cloud: { type: 'boolean' } } })

console.log('Starting the sandbox …')
const stack = await startStack(options.auth === true ? { authString: 'admin:sandbox-password', csrf: true } : {})
try {
  const report = await playScenario(connectSandbox(stack.endpoints), {
    ...(options.cloud === true && cloudInputs(stack.endpoints)),
    say: (line) => { console.log(line) },
  })
  console.log(`image ${report.changed.image}\ntask definition ${report.changed.taskDefinition}`)
  for (const [name, url] of Object.entries(report.links)) console.log(`${name}  ${url}`)
  if (report.flowRun !== 'COMPLETED') process.exitCode = 1
  if (options.json === true) console.log(JSON.stringify(report))
} finally {
  await stack.stop()
}

function cloudInputs({ cloud }: Endpoints) {
  return { inputs: { 'prefect-api-url': cloud.apiUrl, 'prefect-api-key': cloud.apiKey, 'prefect-api-auth-string': '' }, secrets: [cloud.apiKey] }
}
