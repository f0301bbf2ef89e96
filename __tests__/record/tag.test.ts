import { describe, expect, it } from '@jest/globals'
import { isShortOf, recordsOf, tagOf } from '../../src/record/tag.ts'
import type { Recorded } from '../../src/record/tag.ts'

const DIGEST = `sha256:0f6a77621c0e${'0'.repeat(52)}`
const COMMIT = `C0FFEE00C0FF${'0'.repeat(28)}`
const recorded = (fields: Partial<Recorded> = {}): Recorded => ({ name: 'default', time: new Date('2026-11-24T10:00:24.769Z'), digest: DIGEST, commit: COMMIT, ...fields })

describe('the tag of a record', () => {
  it.each<[string, Partial<Recorded>, string]>([
    ['says target, time, image and commit', {}, 'release-default-20261124T100024769Z-0f6a77621c0e-c0ffee00c0ff'],
    ['has no commit outside of GitHub', { commit: '' }, 'release-default-20261124T100024769Z-0f6a77621c0e'],
    ['keeps what a tag may have', { name: 'prod-eu.1_a' }, 'release-prod-eu.1_a-20261124T100024769Z-0f6a77621c0e-c0ffee00c0ff'],
  ])('%s', (_, fields, tag) => {
    expect(tagOf(recorded(fields))).toBe(tag)
  })

  it.each(['prod eu', 'Straße 7/b', '😀', 'x'.repeat(300), '--', '..'])('of %j is one that a registry takes, and is found again', (name) => {
    const tag = tagOf(recorded({ name }))

    expect(tag).toMatch(/^\w[\w.-]{0,127}$/)
    expect(recordsOf(name, [tag])).toEqual([{ tag, time: '20261124T100024769Z', digest: '0f6a77621c0e', commit: 'c0ffee00c0ff' }])
  })

  it.each([['prod', 'prod-eu'], ['a b', 'a_b'], ['a b', 'a/b'], ['x'.repeat(70), 'x'.repeat(71)]])('of %j is none of %j', (name, other) => {
    expect(recordsOf(other, [tagOf(recorded({ name }))])).toEqual([])
  })
})

describe('the records of a target', () => {
  it('are the newest first, and nothing else', () => {
    const [old = '', late = '', other = ''] = [{}, { time: new Date('2026-11-24T10:00:24.770Z') }, { name: 'other' }].map((fields) => tagOf(recorded(fields)))

    expect(recordsOf('default', ['latest', old, 'tree-0123', other, late, 'release-default-1', `${old}-more`]).map(({ tag }) => tag)).toEqual([late, old])
  })
})

it.each([['0f6a77621c0e', DIGEST, true], ['c0ffee00c0ff', COMMIT, true], ['c0ffee00c0fe', COMMIT, false], ['', COMMIT, false]])('%j is short for %s: %p', (short, whole, is) => {
  expect(isShortOf(short, whole)).toBe(is)
})
