/**
 * `npm run check:examples`: every workflow of examples/workflows and of all pages linted by actionlint and run by act
 * against the sandbox; `npm run check:examples -- plan.yml …` runs only those. The last line counts the workflows.
 */
import { basename, join } from 'node:path'
import { connectSandbox } from '../sandbox/connect.ts'
import { tryExample } from '../sandbox/examples/try-example.ts'
import { exampleWorkflows } from '../sandbox/examples/workflow-files.ts'
import { startStack } from '../sandbox/stack.ts'

const wanted = process.argv.slice(2)
const stack = await startStack()
try {
  const all = exampleWorkflows(join(stack.endpoints.folder, 'examples'))
  const workflows = all.filter((path) => wanted.length === 0 || wanted.includes(basename(path)))
  const sandbox = connectSandbox(stack.endpoints)
  const counts = { run: 0, failed: 0 }
  for (const path of workflows) {
    const { workflow, runs, problems } = await tryExample(sandbox, path)
    if (runs.length > 0) counts.run += 1
    if (problems.length > 0) counts.failed += 1
    console.log(problems.length === 0 ? `${workflow}: ${runs.join(', ')}` : `${workflow}: FAILED\n${problems.join('\n')}`)
  }
  console.log(`workflows ${workflows.length}, run ${counts.run}, failed ${counts.failed}`)
  process.exitCode = counts.failed === 0 && counts.run === workflows.length ? 0 : 1
} finally {
  await stack.stop()
}
