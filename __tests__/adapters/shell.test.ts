import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { createFakeLog } from '../../__fixtures__/fake-log.ts'
import { createScratch } from '../../__fixtures__/scratch.ts'
import { createShell } from '../../src/adapters/shell.ts'
import { poll } from '../../sandbox/poll.ts'

function arrange() {
  const cancellation = new AbortController()
  const log = createFakeLog()
  const directory = createScratch('shell')
  const shell = createShell({ environment: { PATH: process.env.PATH, SECRET: 'x' }, log, signal: cancellation.signal })
  const run = (script: string, isStreamed = true) => shell.run({ command: ['/bin/sh', '-c', script], directory, environment: { OWN: '1' }, isStreamed })
  return { cancellation, log, directory, shell, run }
}

describe('a program of the runner', () => {
  it('gives its outputs as they are, and its exit code', async () => {
    const { run, log } = arrange()

    expect(await run('printf "a\\r\\nb"; printf "ü\\n\\n" >&2; exit 4')).toEqual({ exitCode: 4, stdout: 'a\r\nb', stderr: 'ü\n\n' })
    expect(log.lines.slice().sort()).toEqual(['info: ', 'info: a', 'info: b', 'info: ü'])
  })

  it('replaces bytes that are no text', async () => {
    expect(await arrange().run('printf "a\\377b"')).toMatchObject({ stdout: 'a\ufffdb' })
  })

  it('sees its own variables and few of the job', async () => {
    expect(await arrange().run('echo $OWN-$SECRET')).toMatchObject({ stdout: '1-\n' })
  })

  it('reads nothing', async () => {
    expect(await arrange().run('cat')).toMatchObject({ exitCode: 0, stdout: '' })
  })

  it('that there is not is a step that failed', async () => {
    const { shell, directory } = arrange()

    await expect(shell.run({ command: ['no-such-program'], directory, environment: {}, isStreamed: false })).rejects.toMatchObject({ code: 'step-failed' })
  })

  it('ends with a cancelled run, together with all that it has started', async () => {
    const { run, cancellation, directory } = arrange()
    const file = join(directory, 'child')
    const running = run(`sleep 300 & echo $! > ${file}.new && mv ${file}.new ${file}; wait`)
    const failure = running.then(() => undefined, (error: unknown) => error)
    const child = Number(await poll('the child', 5, () => Promise.resolve(existsSync(file) ? readFileSync(file, 'utf8') : undefined)))

    cancellation.abort()

    expect(await failure).toMatchObject({ code: 'cancelled' })
    await expect(poll('the end of the child', 5, () => Promise.resolve(hasEnded(child) || undefined))).resolves.toBe(true)
  })
})

/** A process whose parent is gone may stay a while as a zombie. */
function hasEnded(pid: number): boolean {
  const stat = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : ') Z'
  return stat.includes(') Z')
}
