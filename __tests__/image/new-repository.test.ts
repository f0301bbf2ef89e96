import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { isImmutableTag } from '../../src/image/tag-mutability.ts'
import { LIFECYCLE_POLICY, plannedRepository } from '../../src/image/new-repository.ts'

describe('a repository that a release makes', () => {
  const repository = plannedRepository('team/flows', 'host')

  it('lets no tag move but the build cache\'s', () => {
    expect(repository.uri).toBe('host/team/flows')
    expect(['tree-1', 'release-1', 'production', 'buildcache', 'buildcache-main'].filter((tag) => !isImmutableTag(repository, tag)))
      .toEqual(['buildcache', 'buildcache-main'])
  })

  it('has the lifecycle policy that docs/image.md prints', () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/image.md'), 'utf8')
    const [, policy = ''] = /^```json\n(\{"rules".*?)^```$/ms.exec(page) ?? []

    expect(JSON.parse(policy)).toEqual(LIFECYCLE_POLICY)
  })

  it('never expires an image for a record, or a record for an image', () => {
    const patterns = LIFECYCLE_POLICY.rules.flatMap(({ selection }) => ('tagPatternList' in selection ? selection.tagPatternList : []))

    expect(patterns).toEqual(['release-*', 'tree-*'])
  })
})
