/** `npm run e2e [jest arguments]`: starts one sandbox for all end-to-end tests, which find it by the variable SANDBOX. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { startStack } from '../sandbox/stack.ts'

const root = join(import.meta.dirname, '..')
const stack = await startStack()
try {
  const jest = spawn(join(root, 'node_modules/.bin/jest'), ['--selectProjects=e2e', '--runInBand', ...process.argv.slice(2)], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, NODE_OPTIONS: '--experimental-vm-modules', NODE_NO_WARNINGS: '1', SANDBOX: JSON.stringify(stack.endpoints) },
  })
  const [status] = (await once(jest, 'exit')) as [number | null]
  process.exitCode = status ?? 1
} finally {
  await stack.stop()
}
