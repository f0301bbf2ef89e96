import type { Stack } from '../../sandbox/stack.ts'

export default async function stopSandbox(): Promise<void> {
  await (globalThis as { sandboxStack?: Stack }).sandboxStack?.stop()
}
