import { readFileSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { expect, it, jest } from '@jest/globals'
import { run } from '../../sandbox/command.ts'
import { startEngine } from '../../sandbox/engine.ts'
import { poll } from '../../sandbox/poll.ts'

jest.setTimeout(120_000)

it('an engine serves until its last run ends, and then leaves no folder, mount or bridge behind', async () => {
  const before = traces()
  const [first, second] = [await startEngine(), await startEngine()]

  await first.stop()
  await expect(run(['docker', '--host', second.host, 'version', '--format', '{{.Server.Os}}'])).resolves.toBe('linux')
  await second.stop()

  // Another test file may have joined it meanwhile.
  await poll('nothing of the engine is left', 60, () => Promise.resolve(traces().every((trace) => before.includes(trace)) || undefined))
})

/** What engines of the sandbox, this run's or another's, have on this machine besides their images. */
function traces(): string[] {
  const mounts = readFileSync('/proc/mounts', 'utf8').split('\n').map((line) => line.split(' ')[1] ?? '')
  return [
    ...readdirSync(tmpdir()).filter((name) => name.startsWith('engine-')),
    ...mounts.filter((path) => path.startsWith(`${tmpdir()}/engine-`)),
    ...readdirSync('/sys/class/net').filter((name) => name.startsWith('sandbox')),
  ]
}
