import { describe, expect, it } from '@jest/globals'
import { PlannedText, resolve, resultOf, reveal, revisionOf, sensitive } from '../src/planned.ts'
import type { Json, Planned, Result } from '../src/planned.ts'
import { recordValue, restoreValue } from '../src/recorded-values.ts'

const HIDDEN = { $sensitive: true }
const ARN = 'arn:aws:ecs:eu-central-1:123456789012:task-definition/flows:1'
const FLOWS = revisionOf('flows')
const results = { image: 'flows@sha256:1', [FLOWS]: ARN }
const record = (value: Planned, live?: Json, hasSecretNames = true) => recordValue(value, live, { results, hasSecretNames })

describe('a recorded value', () => {
  it.each<[string, Planned, Json]>([
    ['plain data', { a: [1, null, 'x', { b: false }] }, { a: [1, null, 'x', { b: false }] }],
    ['what the release has made', { arn: resultOf(FLOWS), text: new PlannedText(['at ', { result: 'image' }]) }, { arn: ARN, text: 'at flows@sha256:1' }],
    ['no secret of a block', { env: [sensitive('s3cret')] }, { env: [HIDDEN] }],
    ['nothing under the name of a secret', { api_token: 'x', password: { a: 1, b: null } }, { api_token: HIDDEN, password: { a: HIDDEN, b: null } }],
    ['no URL with a password', ['postgresql://me:pw@host/db'], [HIDDEN]],
    ['where a secret is', { password: '{{ prefect.blocks.secret.db }}', secret_arn: 'arn:x' }, { password: '{{ prefect.blocks.secret.db }}', secret_arn: 'arn:x' }],
    ['a key of the user\'s that looks like a mark, escaped', { $sensitive: true }, { $$sensitive: true }],
  ])('has %s', (_, value, expected) => {
    expect(record(value)).toEqual(expected)
  })

  it('has what a script printed as the server has it, but for a secret', () => {
    const printed = resultOf('step 1 stdout')

    expect(record({ tag: printed, token: printed, list: ['a', printed] }, { tag: 'v7', token: 't0ken', list: ['a', 'b'] })).toEqual({ tag: 'v7', token: HIDDEN, list: ['a', 'b'] })
  })

  it('has the names of a schema', () => {
    expect(record({ properties: { password: { type: 'string' } } }, undefined, false)).toEqual({ properties: { password: { type: 'string' } } })
  })
})

describe('a restored value', () => {
  const links = new Map<string, Result>([['flows@sha256:1', 'image'], [ARN, FLOWS]])
  const restore = (value: Json, live?: Json) => restoreValue(value, live, { links, path: 'parameters' })

  it.each<Json>([null, 'x', 7, { a: [1, { b: 'c' }] }, { $$sensitive: true }, { $ref: 'x' }])('is what was recorded: %j', (value) => {
    const { value: restored, missing } = restore(record(value))

    expect(restored).toEqual(value)
    expect(missing).toEqual([])
  })

  it('has the revision and the image of this release in place of the recorded ones, and no longer name', () => {
    const { value } = restore({ arn: ARN, text: `on ${ARN} or ${ARN}2`, image: 'flows@sha256:1' })

    expect(reveal(resolve(value, {}), { [FLOWS]: 'NEW', image: 'IMAGE' })).toEqual({ arn: 'NEW', text: `on NEW or ${ARN}2`, image: 'IMAGE' })
  })

  it('has the live value where a secret was, which stays hidden, or none', () => {
    const { value, missing } = restore({ token: HIDDEN, env: [HIDDEN, 'x'], gone: HIDDEN, port: HIDDEN }, { token: 'live', env: ['first'], port: 5 })

    expect(value).toEqual({ token: sensitive('live'), env: [sensitive('first'), 'x'], port: 5 })
    expect(missing).toEqual(['parameters.token', 'parameters.env.0', 'parameters.gone', 'parameters.port'])
  })
})
