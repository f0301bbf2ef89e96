/**
 * `npm run check:infrastructure`: the templates of examples/infrastructure linted by cfn-lint and checkov, created by moto's
 * CloudFormation, looked at through AWS's APIs, and released with on the sandbox, by their outputs alone.
 */
import { connectSandbox } from '../sandbox/connect.ts'
import { checkInfrastructure, summarize } from '../sandbox/infrastructure/check.ts'
import { startStack } from '../sandbox/stack.ts'

const stack = await startStack()
try {
  const checked = await checkInfrastructure(connectSandbox(stack.endpoints), (line) => { console.log(line) })
  for (const finding of checked.findings) console.log(`finding: ${finding}`)
  for (const problem of checked.problems) console.log(`release: ${problem}`)
  console.log(summarize(checked))
  const { stacks, created, findings, problems } = checked
  process.exitCode = created === stacks && findings.length === 0 && problems.length === 0 ? 0 : 1
} finally {
  await stack.stop()
}
