import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cache } from '../paths.ts'
import { tail } from '../process.ts'

export type Step = {
  readonly name: string
  /** Everything that decides the result; the step runs again when one changes. */
  readonly inputs: readonly string[]
  /** Paths the step makes; it runs again when one is missing. */
  readonly makes: readonly string[]
  /** @param log file for the output of the programs it runs. */
  readonly work: (log: string) => Promise<unknown>
}

/** Runs the step unless its stamp says that nothing changed. @throws Error with the end of its log. */
export async function runStep({ name, inputs, makes, work }: Step): Promise<void> {
  const stamp = join(cache, 'stamps', name)
  const hash = createHash('sha256').update(JSON.stringify(inputs)).digest('hex')
  if (makes.every((path) => existsSync(path)) && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return
  rmSync(stamp, { force: true })
  await announce(name, work)
  mkdirSync(join(cache, 'stamps'), { recursive: true })
  writeFileSync(stamp, hash)
}

/** One line when it starts and one when it is done; the output goes to a log. */
export async function announce(name: string, work: Step['work']): Promise<void> {
  const log = join(cache, 'log', `setup-${name}.log`)
  const started = Date.now()
  console.log(`setup: ${name} …`)
  writeFileSync(log, '')
  try {
    await work(log)
  } catch (error) {
    throw new Error(`setup: ${name} failed (${log})\n${tail(log)}\n${String(error)}`, { cause: error })
  }
  console.log(`setup: ${name} done in ${Math.round((Date.now() - started) / 1000)} s`)
}
