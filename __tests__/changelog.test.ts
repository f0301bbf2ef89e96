import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { releaseNotes } from '../scripts/changelog.ts'

const CHANGELOG = `# Changelog

## [Unreleased]

- Not yet.

## [1.2.3] - 2026-12-01

### Fixed

- A thing.

## [1.2.2] - 2026-11-01

## [1.2.1] - 2026-10-01

- Old.
`

describe('the notes of a release', () => {
  it('are what the changelog says of its version, and nothing of the others', () => {
    expect(releaseNotes({ tag: 'v1.2.3', version: '1.2.3', changelog: CHANGELOG })).toEqual({ notes: '### Fixed\n\n- A thing.' })
  })

  it.each([
    ['a tag that is no version', 'v1.2', '1.2.3', '"v1.2" is not a version tag: vX.Y.Z'],
    ['a tag of another version than the package has', 'v1.2.3', '1.2.4', 'The tag is v1.2.3, and package.json has 1.2.4'],
    ['a version that the changelog does not have', 'v1.2.4', '1.2.4', 'CHANGELOG.md has no section "## [1.2.4] - YYYY-MM-DD"'],
    ['a version of which the changelog says nothing', 'v1.2.2', '1.2.2', 'CHANGELOG.md says nothing of 1.2.2'],
  ])('are a problem for %s', (_, tag, version, problem) => {
    expect(releaseNotes({ tag, version, changelog: CHANGELOG })).toMatchObject({ problem })
  })
})

describe('CHANGELOG.md', () => {
  it('starts with what is not released yet', () => {
    const [first] = (/^## .*$/m.exec(readFileSync(join(import.meta.dirname, '../CHANGELOG.md'), 'utf8'))) ?? []
    expect(first).toBe('## [Unreleased]')
  })
})
