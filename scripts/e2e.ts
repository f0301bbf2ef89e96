/**
 * `npm run e2e [jest arguments]`: starts the sandbox that the end-to-end tests find by the variable SANDBOX_<number of jest's worker>.
 * All tests have two workers, each with a sandbox of its own; those of a pattern have one.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { startStack } from '../sandbox/stack.ts'
import type { Stack } from '../sandbox/stack.ts'

const root = join(import.meta.dirname, '..')
const args = process.argv.slice(2)
const workers = args.every((argument) => argument.startsWith('-')) ? 2 : 1
const stacks: Stack[] = []
try {
  while (stacks.length < workers) stacks.push(await startStack())
  const jest = spawn(join(root, 'node_modules/.bin/jest'), ['--selectProjects=e2e', `--maxWorkers=${workers}`, ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, NODE_OPTIONS: '--experimental-vm-modules', NODE_NO_WARNINGS: '1', ...announce(stacks) },
  })
  const [status] = (await once(jest, 'exit')) as [number | null]
  process.exitCode = status ?? 1
} finally {
  for (const stack of stacks) await stack.stop()
}

function announce(stacks: readonly Stack[]): Record<string, string> {
  return Object.fromEntries(stacks.map(({ endpoints }, index) => [`SANDBOX_${index + 1}`, JSON.stringify(endpoints)]))
}
