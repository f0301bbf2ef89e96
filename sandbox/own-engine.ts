/**
 * An engine of our own keeps its images between runs, and so it can serve all runs of this checkout at once: each run
 * leaves its process id in a folder, and a keeper (engine-keeper.ts) holds the engine while one of them lives.
 */
import { spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { asRoot } from './command.ts'
import type { Engine } from './engine.ts'
import { cache, node } from './paths.ts'
import { poll } from './poll.ts'
import { isAlive, tail } from './process.ts'

/** What the keeper writes once its engine answers. */
export type KeptEngine = { readonly keeper: number; readonly host: string }

export const folder = join(cache, 'engine')
export const state = join(folder, 'state.json')
const users = join(folder, 'users')
const log = join(folder, 'keeper.log')
let count = 0

export async function joinOwnEngine(): Promise<Engine> {
  mkdirSync(users, { recursive: true })
  const user = join(users, `${process.pid}-${count++}`)
  writeFileSync(user, '')
  try {
    const { host, keeper } = readState() ?? (await startKeeper())
    return { host, stop: () => leave(user, keeper) }
  } catch (error) {
    rmSync(user)
    throw error
  }
}

/** Whether a run that uses the engine lives; those that died without a word are forgotten. */
export function hasUsers(): boolean {
  const dead = readdirSync(users).filter((name) => !isAlive(Number.parseInt(name)))
  for (const name of dead) rmSync(join(users, name), { force: true })
  return readdirSync(users).length > 0
}

/** One keeper at a time has the lock; one that leaves keeps it until its engine has ended. */
async function startKeeper(): Promise<KeptEngine> {
  const output = openSync(log, 'w')
  const [program, ...args] = [...asRoot, 'flock', '--no-fork', '--timeout', '60', join(folder, 'lock'), node, join(import.meta.dirname, 'engine-keeper.ts')]
  const candidate = spawn(program, args, { detached: true, stdio: ['ignore', output, output] })
  closeSync(output)
  candidate.on('error', () => undefined).unref()
  const ended = () => candidate.exitCode !== null || candidate.signalCode !== null
  const kept = await poll('the container engine', 60, () => Promise.resolve(readState() ?? (ended() ? null : undefined)))
  if (kept === null) throw new Error(`The container engine did not start.\n${tail(log)}`)
  if (kept.keeper !== candidate.pid && process.getuid?.() === 0) candidate.kill()
  return kept
}

function readState(): KeptEngine | undefined {
  if (!existsSync(state)) return undefined
  const kept = JSON.parse(readFileSync(state, 'utf8')) as KeptEngine
  return isAlive(kept.keeper) ? kept : undefined
}

/** The last one waits until nothing of the engine is left. */
async function leave(user: string, keeper: number): Promise<void> {
  rmSync(user, { force: true })
  await poll('the container engine ended', 60, () => Promise.resolve(hasUsers() || !isAlive(keeper) ? true : undefined))
}
