/** `node scripts/release-notes.ts vX.Y.Z`: prints what CHANGELOG.md says of the version, once tag, package and changelog agree. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { releaseNotes } from './changelog.ts'

const root = join(import.meta.dirname, '..')
const read = (name: string) => readFileSync(join(root, name), 'utf8')
const { version } = JSON.parse(read('package.json')) as { version: string }
const { notes, problem } = releaseNotes({ tag: process.argv[2] ?? '', version, changelog: read('CHANGELOG.md') })
if (problem === undefined) console.log(notes)
else {
  console.error(problem)
  process.exitCode = 1
}
