/**
 * `npm run check:atomicity`: a release of twelve deployments that fails, or is killed, at each of its writes. The last
 * line counts the failures after which the server was as before, and the kills after which a rerun reached what was to be.
 */
import { checkAtomicity, summarize } from '../sandbox/atomicity/check.ts'
import { startStack } from '../sandbox/stack.ts'
import type { Endpoints } from '../sandbox/stack.ts'

const announced = process.env.SANDBOX
const stack = announced === undefined ? await startStack() : undefined
try {
  const report = await checkAtomicity(stack?.endpoints ?? (JSON.parse(announced ?? '') as Endpoints), { say: console.log })
  console.log(summarize(report))
  process.exitCode = report.results.every(({ outcome }) => outcome !== 'wrong') ? 0 : 1
} finally {
  await stack?.stop()
}
