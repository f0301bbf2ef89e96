import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'

const SCRIPT = join(import.meta.dirname, '../scripts/move-major-tag.sh')
const COMMIT = '0a1b2c3d4e5f60718293a4b5c6d7e8f901234567'

let folder: string

beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'major-tag-')) })
afterEach(() => { rmSync(folder, { recursive: true }) })

/** A `gh` that keeps what it is asked, and answers a look at the tag as told. @returns its arguments, call by call. */
function move(tag: string, exists: boolean): string[] {
  const gh = `#!/bin/sh\necho "$@" >> '${folder}/calls'\n[ "$3" != --silent ] || exit ${exists ? 0 : 1}\n`
  writeFileSync(join(folder, 'gh'), gh, { mode: 0o755 })
  execFileSync('bash', [SCRIPT, tag, COMMIT], { env: { PATH: `${folder}:${process.env.PATH ?? ''}`, GITHUB_REPOSITORY: 'org/action' } })
  return readFileSync(join(folder, 'calls'), 'utf8').trimEnd().split('\n')
}

describe('the major tag of a release', () => {
  it('is moved to its commit', () => {
    expect(move('v1.2.3', true)).toEqual([
      'api repos/org/action/git/refs/tags/v1 --silent',
      `api --method PATCH repos/org/action/git/refs/tags/v1 -f sha=${COMMIT} -F force=true --silent`,
    ])
  })

  it('is made by the first release of a major version', () => {
    expect(move('v2.0.0', false)).toEqual([
      'api repos/org/action/git/refs/tags/v2 --silent',
      `api --method POST repos/org/action/git/refs -f ref=refs/tags/v2 -f sha=${COMMIT} --silent`,
    ])
  })
})
