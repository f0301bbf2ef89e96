/** Programs at the front of the step's PATH that write down how they were called, and then are the real ones. */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findProgram } from '../command.ts'

export type ChildProcessCall = { readonly argv: readonly string[]; readonly env: Readonly<Record<string, string>> }

const PROGRAMS = ['docker', 'git']

/** @returns the folder to put on the PATH, and a reader of the calls so far, in order. */
export function createShims(folder: string): { readonly path: string; readonly calls: () => ChildProcessCall[] } {
  const [path, records] = [join(folder, 'shims'), join(folder, 'calls')]
  for (const directory of [path, records]) mkdirSync(directory)
  for (const name of PROGRAMS) {
    const program = findProgram(name)
    if (program !== undefined) writeFileSync(join(path, name), shim(name, program, records), { mode: 0o755 })
  }
  return { path, calls: () => readCalls(records) }
}

/** The values end with NUL, so that they can be anything. */
function shim(name: string, program: string, records: string): string {
  return `#!/bin/sh
record=$(/usr/bin/mktemp '${records}/XXXXXXXX')
printf '%s\\0' "$(/usr/bin/date +%s%N)" "$#" '${name}' "$@" >"$record"
/usr/bin/env -u record -0 >>"$record"
exec '${program}' "$@"
`
}

function readCalls(records: string): ChildProcessCall[] {
  const calls = readdirSync(records).map((file) => {
    const [time = '', count = '', ...values] = readFileSync(join(records, file), 'utf8').split('\0').slice(0, -1)
    const split = Number(count) + 1
    const env = values.slice(split).map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)] as const)
    return { time, argv: values.slice(0, split), env: Object.fromEntries(env) }
  })
  return calls.toSorted((left, right) => left.time.localeCompare(right.time)).map(({ argv, env }) => ({ argv, env }))
}
