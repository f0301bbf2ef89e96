import { describe, expect, it } from '@jest/globals'
import { FROM_JSON, FROM_QUERY, TO_JSON, TO_XML } from '../../sandbox/aws/leaves.ts'
import type { ServiceModel } from '../../sandbox/aws/models.ts'
import { convert } from '../../sandbox/aws/shapes.ts'

const MODEL: ServiceModel = {
  metadata: { protocol: 'json', endpointPrefix: 'test' },
  operations: {},
  shapes: {
    Request: {
      type: 'structure',
      required: ['name'],
      members: {
        name: { shape: 'Name' },
        mode: { shape: 'Mode' },
        count: { shape: 'Count' },
        tags: { shape: 'Tags' },
        options: { shape: 'Options' },
        since: { shape: 'Timestamp' },
        enabled: { shape: 'Boolean' },
      },
    },
    Name: { type: 'string', pattern: '[\\p{L}_-]+', min: 2, max: 5 },
    Mode: { type: 'string', enum: ['bridge', 'host'] },
    Count: { type: 'integer', min: 1, max: 10 },
    Tags: { type: 'list', member: { shape: 'Name' }, max: 2 },
    Options: { type: 'map', key: { shape: 'Name' }, value: { shape: 'Count' } },
    Timestamp: { type: 'timestamp' },
    Boolean: { type: 'boolean' },
  },
}

function check(value: unknown, leaves = FROM_JSON) {
  return convert(value, { model: MODEL, shape: { shape: 'Request' }, leaves })
}

describe('a value and its shape', () => {
  it('agree', () => {
    const value = { name: 'flöws', mode: 'host', count: 10, tags: ['ab'], options: { key: 3 }, enabled: false }

    expect(check(value)).toEqual({ value, problems: [] })
  })

  it.each([
    ['a missing member', { name: null }, [{ kind: 'missing', path: 'name', reason: 'must not be null' }]],
    [
      'a member that the shape does not have',
      { name: 'ab', nam: 1 },
      [{ kind: 'unknown', path: 'nam', reason: 'is not a member of the shape' }],
    ],
    ['a wrong type', { name: 7 }, [{ kind: 'type', path: 'name', reason: 'is not a string' }]],
    ['a text for a number', { name: 'ab', count: '1' }, [{ kind: 'type', path: 'count', reason: 'is not a integer' }]],
    ['a fraction for an integer', { name: 'ab', count: 1.5 }, [{ kind: 'type', path: 'count', reason: 'is not a integer' }]],
    ['an object for a list', { name: 'ab', tags: {} }, [{ kind: 'type', path: 'tags', reason: 'is not a list' }]],
    [
      'a word outside of the enumeration',
      { name: 'ab', mode: 'none' },
      [{ kind: 'constraint', path: 'mode', reason: 'must satisfy enum value set: [bridge, host]' }],
    ],
    [
      'a text that the pattern matches in part',
      { name: 'ab1' },
      [{ kind: 'constraint', path: 'name', reason: "must satisfy regular expression '[\\p{L}_-]+'" }],
    ],
    ['a short text', { name: 'a' }, [{ kind: 'constraint', path: 'name', reason: 'must have length greater than or equal to 2' }]],
    [
      'a large number',
      { name: 'ab', count: 11 },
      [{ kind: 'constraint', path: 'count', reason: 'must have value less than or equal to 10' }],
    ],
    [
      'a long list',
      { name: 'ab', tags: ['ab', 'ab', 'ab'] },
      [{ kind: 'constraint', path: 'tags', reason: 'must have length less than or equal to 2' }],
    ],
    ['a bad item', { name: 'ab', tags: ['ab', 1] }, [{ kind: 'type', path: 'tags[1]', reason: 'is not a string' }]],
    [
      'a bad entry of a map',
      { name: 'ab', options: { key: 0 } },
      [{ kind: 'constraint', path: 'options.key', reason: 'must have value greater than or equal to 1' }],
    ],
    ['something else than an object', 'ab', [{ kind: 'type', path: '', reason: 'is not a structure' }]],
  ])('disagree about %s', (_what, value, problems) => {
    expect(check(value).problems).toEqual(problems)
  })

  it('have timestamps as dates inside and as seconds in JSON', () => {
    const since = new Date('2026-11-24T10:00:00.500Z')

    expect(check({ name: 'ab', since: since.getTime() / 1000 }).value).toEqual({ name: 'ab', since })
    expect(check({ name: 'ab', since }, TO_JSON).value).toEqual({ name: 'ab', since: since.getTime() / 1000 })
    expect(check({ name: 'ab', since }, TO_XML).value).toEqual({ name: 'ab', since: '2026-11-24T10:00:00Z' })
  })

  it('have all as text in queries', () => {
    const { value, problems } = check({ name: 'ab', count: '7', enabled: 'true', since: '2026-11-24T10:00:00Z' }, FROM_QUERY)

    expect(problems).toEqual([])
    expect(value).toEqual({ name: 'ab', count: 7, enabled: true, since: new Date('2026-11-24T10:00:00Z') })
  })
})
