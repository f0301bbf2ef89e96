import { startStack } from '../../sandbox/stack.ts'
import type { Stack } from '../../sandbox/stack.ts'

const started = globalThis as { sandboxStack?: Stack }

/** One sandbox for all end-to-end tests: the workers inherit `SANDBOX`, and connectSandbox() reads it. */
export default async function startSandbox(): Promise<void> {
  started.sandboxStack = await startStack()
  process.env.SANDBOX = JSON.stringify(started.sandboxStack.endpoints)
}
