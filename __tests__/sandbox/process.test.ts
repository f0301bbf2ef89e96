import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from '@jest/globals'
import { poll } from '../../sandbox/poll.ts'
import { isAlive, startProcess } from '../../sandbox/process.ts'
import { createScratch } from '../../__fixtures__/scratch.ts'

const folder = createScratch('process')
const log = (name: string) => join(folder, `${name}.log`)

it('ends a process together with its children', async () => {
  const children = join(folder, 'children')
  const running = await startProcess({
    command: ['sh', '-c', `sleep 600 & echo $! >${children}.new; mv ${children}.new ${children}; wait`],
    log: log('family'),
    ready: () => Promise.resolve(existsSync(children) ? true : undefined),
  })
  const child = Number(readFileSync(children, 'utf8'))
  expect([isAlive(running.pid), isAlive(child)]).toEqual([true, true])

  await running.stop()

  expect(isAlive(running.pid)).toBe(false)
  await poll('the end of the child', 5, () => Promise.resolve(isAlive(child) ? undefined : true))
})

it('tells the end of the log when a process dies before it is ready', async () => {
  const starting = startProcess({ command: ['sh', '-c', 'echo no such database >&2; exit 3'], log: log('dies'), ready: () => Promise.resolve(undefined) })

  await expect(starting).rejects.toThrow(/ended with 3 before it was ready\nno such database/)
})

it('ends a process that does not get ready in time', async () => {
  const pid = join(folder, 'pid')
  const starting = startProcess({ command: ['sh', '-c', `echo $$ >${pid}; exec sleep 600`], log: log('late'), ready: () => Promise.resolve(undefined), readyWithinSeconds: 0.5 })

  await expect(starting).rejects.toThrow('ready: not within 0.5 s')
  expect(isAlive(Number(readFileSync(pid, 'utf8')))).toBe(false)
})

it('tells when there is no such program', async () => {
  const starting = startProcess({ command: ['no-such-program'], log: log('none'), ready: () => Promise.resolve(undefined) })

  await expect(starting).rejects.toThrow(/no-such-program/)
})
