import { describe, expect, it } from '@jest/globals'
import { isHydratedFrom, unverifiableReferences } from '../../src/deployment/hydration.ts'
import type { Json } from '../../src/planned.ts'

const json = (value: string) => ({ __prefect_kind: 'json', value })
const variable = (name: string) => ({ __prefect_kind: 'workspace_variable', variable_name: name })
const template = (text: string) => ({ __prefect_kind: 'jinja', template: text })

describe('live parameters and those of the file', () => {
  it.each<[string, Json, Json, boolean, string[]]>([
    ['the same value', { a: [1] }, { a: [1] }, true, []],
    ['another value', { a: 1 }, { a: 2 }, false, []],
    ['the same reference', { a: variable('x') }, { a: variable('x') }, true, []],
    ['another reference', { a: variable('x') }, { a: variable('y') }, false, []],
    ['the value of JSON', { a: [1] }, { a: json('[1]') }, true, []],
    ['another value of JSON', { a: [1] }, { a: json('[2]') }, false, []],
    ['what JSON cannot be', { a: 'x' }, { a: json('{') }, false, []],
    ['a value for a variable', { a: 5 }, { a: variable('x') }, true, ['parameters.a']],
    ['a value for a template', { a: 'x' }, { a: template('{{ 1 }}') }, true, ['parameters.a']],
    ['a value for JSON from a template', { a: 1 }, { a: { __prefect_kind: 'json', value: template('1') } }, true, ['parameters.a']],
    ['values deep in lists and mappings', { a: [{ b: 1, c: 2 }] }, { a: [{ b: variable('x'), c: 2 }] }, true, ['parameters.a.0.b']],
    ['a mapping with another value beside', { a: [{ b: 1, c: 2 }] }, { a: [{ b: variable('x'), c: 3 }] }, false, ['parameters.a.0.b']],
    ['a mapping with another key', { a: { b: 1, c: 2 } }, { a: { b: variable('x'), d: 2 } }, false, ['parameters.a.b']],
    ['a longer list', [1, 2], [variable('x')], false, ['parameters.0']],
    ['no list', 1, [variable('x')], false, []],
  ])('%s', (_, live, given, isSame, paths) => {
    expect(isHydratedFrom(live, given)).toBe(isSame)
    expect(unverifiableReferences('parameters', live, given)).toEqual(paths)
  })
})
