import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createScratch } from './scratch.ts'

/** What the program does when its arguments, joined by spaces, start with `command`; the first that fits. */
export type DockerAnswer = {
  readonly command: string
  readonly exitCode?: number
  readonly stdout?: string
  readonly stderr?: string
  /** Never ends by itself. */
  readonly hangs?: boolean
  /** Ends without reading its input. */
  readonly deaf?: boolean
}

/** One call of the program as it saw itself. */
export type DockerCall = {
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly stdin: string
  /** Its configuration folder at that time: the file, its mode, what else is there. */
  readonly config: {
    readonly file: { readonly auths?: object; readonly [key: string]: unknown }
    readonly mode: number
    readonly folderMode: number
    readonly entries: readonly string[]
  }
}

export type DockerProgram = {
  /** A PATH on which `docker` is this program. */
  readonly path: string
  calls(): DockerCall[]
  /** The only call whose arguments start with this. */
  call(command: string): DockerCall
}

const SOURCE = `
const fs = require('node:fs')
const path = require('node:path')
const folder = __dirname
const args = process.argv.slice(2)
const answers = JSON.parse(fs.readFileSync(path.join(folder, 'answers.json'), 'utf8'))
const answer = answers.find(({ command }) => args.join(' ').startsWith(command)) ?? {}
const config = process.env.DOCKER_CONFIG
const file = path.join(config, 'config.json')
const call = () => JSON.stringify({
  args, environment: process.env, stdin: answer.deaf ? '' : fs.readFileSync(0, 'latin1'),
  config: {
    file: JSON.parse(fs.readFileSync(file, 'utf8')), mode: fs.statSync(file).mode & 0o777,
    folderMode: fs.statSync(config).mode & 0o777, entries: fs.readdirSync(config).sort(),
  },
}) + '\\n'
fs.appendFileSync(path.join(folder, 'calls.jsonl'), call())
fs.writeSync(1, answer.stdout ?? '')
fs.writeSync(2, answer.stderr ?? '')
if (answer.hangs) setTimeout(() => {}, 60_000) // not for ever: a test that fails must not keep jest
else process.exitCode = answer.exitCode ?? 0
`

/** A program named docker that answers as it is told and records how it was called. */
export function createDockerProgram(answers: readonly DockerAnswer[] = []): DockerProgram {
  const folder = createScratch('docker-program')
  mkdirSync(join(folder, 'bin'))
  writeFileSync(join(folder, 'bin/docker'), `#!${process.execPath}\n${SOURCE}`, { mode: 0o755 })
  writeFileSync(join(folder, 'bin/answers.json'), JSON.stringify(answers))
  const record = join(folder, 'bin/calls.jsonl')
  // What follows the last line break is being written.
  const lines = () => (existsSync(record) ? readFileSync(record, 'utf8').split('\n').slice(0, -1) : [])
  const calls = () => lines().map((line) => JSON.parse(line) as DockerCall)
  return {
    path: join(folder, 'bin'),
    calls,
    call: (command) => {
      const [found, ...others] = calls().filter(({ args }) => args.join(' ').startsWith(command))
      if (found === undefined || others.length > 0) throw new Error(`${others.length + (found ? 1 : 0)} calls of ${command}`)
      return found
    },
  }
}
