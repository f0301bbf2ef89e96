import { describe, expect, it } from '@jest/globals'
import { violations } from '../../src/deployment/conformance.ts'

describe('what breaks a schema', () => {
  it('is looked for in what is given, whatever else the schema has', () => {
    const schema = {
      type: 'object', additionalProperties: false,
      properties: { cpu: { type: 'integer' }, memory: { type: 'integer' }, broken: { type: 'no type at all' } },
    }

    expect(violations({ cpu: 'much' }, schema)).toEqual([{ path: ['cpu'], message: 'must be a whole number' }])
    expect(violations({ memory: 'much', cpus: 2 }, schema)).toEqual([
      { path: ['cpus'], message: 'is not a known key' }, { path: ['memory'], message: 'must be a whole number' },
    ])
    expect(violations({ cpu: 256, memory: 512 }, schema)).toEqual([])
  })

  it('is found where a property refers to one that is not given, or to a definition', () => {
    const schema = {
      type: 'object', definitions: { size: { type: 'integer' } },
      properties: { cpu: { $ref: '#/definitions/size' }, memory: { $ref: '#/properties/disk' }, disk: { type: 'integer' } },
    }

    expect(violations({ cpu: 'much' }, schema)).toEqual([{ path: ['cpu'], message: 'must be a whole number' }])
    expect(violations({ memory: 'much' }, schema)).toEqual([{ path: ['memory'], message: 'must be a whole number' }])
  })
})
