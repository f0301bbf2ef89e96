import { describe, expect, it } from '@jest/globals'
import { PlannedText, isKnown, isSensitive, resolve, resultOf, reveal, sensitive } from '../src/planned.ts'

const tree = { job: { image: resultOf('image'), args: ['--tag', new PlannedText(['v-', { result: 'image' }])] }, cpu: 256, none: null }

describe('planned values', () => {
  it('puts known results in their places and keeps the rest', () => {
    expect(resolve(tree, { image: 'flows@sha256:1' })).toEqual({ job: { image: 'flows@sha256:1', args: ['--tag', 'v-flows@sha256:1'] }, cpu: 256, none: null })
    expect(resolve(tree, { 'taskDefinition flows': 'arn' })).toEqual(tree)
  })

  it('knows whether a result is missing', () => {
    expect(isKnown(tree)).toBe(false)
    expect(isKnown(resolve(tree, { image: 'x' }))).toBe(true)
  })

  it('keeps sensitive text hidden until it is written', () => {
    const value = { env: [sensitive('s3cret')] }

    expect(JSON.stringify(resolve(value, {}))).not.toBe(JSON.stringify({ env: ['s3cret'] }))
    expect(isSensitive(value)).toBe(true)
    expect(reveal(value, {})).toEqual({ env: ['s3cret'] })
  })

  it('refuses to write what is not known yet', () => {
    expect(() => reveal(tree, {})).toThrow('The image is not known yet')
  })
})
