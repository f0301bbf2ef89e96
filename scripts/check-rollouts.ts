/**
 * `npm run check:rollouts [names]`: every fate of a rollout, each through the built action on the sandbox. The last line
 * counts those after which exit code, verdict, what runs and the time to the end of the step were right.
 */
import { connectSandbox } from '../sandbox/connect.ts'
import { checkRollouts, summarize } from '../sandbox/rollouts/check.ts'
import { ROLLOUTS } from '../sandbox/rollouts/fates.ts'
import { startStack } from '../sandbox/stack.ts'

const names = process.argv.slice(2)
const stack = await startStack()
try {
  const cases = ROLLOUTS.filter(({ name }) => names.length === 0 || names.includes(name))
  const judged = await checkRollouts(connectSandbox(stack.endpoints), cases, { say: console.log })
  console.log(summarize(judged))
  process.exitCode = judged.every(({ wrong }) => wrong.length === 0) ? 0 : 1
} finally {
  await stack.stop()
}
