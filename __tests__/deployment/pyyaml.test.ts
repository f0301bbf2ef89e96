import { describe, expect, it } from '@jest/globals'
import { errorOf, readFixture } from '../../__fixtures__/prefect-files/deployments.ts'
import { parseYaml } from '../../src/deployment/pyyaml.ts'
import type { Json } from '../../src/planned.ts'

type Recorded = { readonly text: string; readonly value?: Json; readonly invalid?: true }
/** JSON has no such values. */
const isBeyondJson = ({ text }: Recorded) => /!!(binary|set)/.test(text)
const ALL = JSON.parse(readFixture('pyyaml.json')) as Recorded[]
const RECORDED = ALL.filter((recorded) => !isBeyondJson(recorded))

describe('YAML as PyYAML reads it', () => {
  it.each(RECORDED.filter(({ invalid }) => invalid === undefined))('reads $text', ({ text, value }) => {
    expect(parseYaml(text, 'prefect.yaml').value).toEqual(value)
  })

  it.each(RECORDED.filter(({ invalid }) => invalid === true))('refuses $text', ({ text }) => {
    expect(errorOf(() => parseYaml(text, 'prefect.yaml'))).toMatchObject({
      code: 'prefect-file-syntax',
      location: { file: 'prefect.yaml' },
    })
  })

  it.each(ALL.filter(isBeyondJson))('refuses $text, for which JSON has no value', ({ text }) => {
    expect(errorOf(() => parseYaml(text, 'f')).message).toMatch(/Unresolved tag/)
  })

  it('says where a tab is that may not be there', () => {
    expect(errorOf(() => parseYaml('a: "x\ty"\nb:\n  -\tc\n', 'f'))).toMatchObject({ message: expect.stringMatching(/tab/), location: { line: 3, column: 4 } })
  })

  it.each([['.inf'], ['-.nan'.slice(1)], ['123456789012345678901']])('refuses %s, which JSON would change without a word', (scalar) => {
    expect(errorOf(() => parseYaml(`k: ${scalar}`, 'f')).message).toMatch(/put it in quotes/)
  })

  it('says line and column of a syntax error', () => {
    const error = errorOf(() => parseYaml('a: 1\nb:\n  - c: {{ d }}\n', 'sub/prefect.yaml'))

    expect(error.location).toEqual({ file: 'sub/prefect.yaml', line: 3, column: 9 })
    expect(error.hint).toMatch(/in quotes/)
  })

  it('knows the line of every key and item, also of merged ones, and of the nearest part around a missing one', () => {
    const yaml = parseYaml('base: &base\n  x: 1\nlist:\n- <<: *base\n  y:\n  - 2\n', 'f')

    const lineOf = (...path: (string | number)[]) => yaml.locate(path).line
    expect([lineOf('base'), lineOf('list', 0), lineOf('list', 0, 'x'), lineOf('list', 0, 'y'), lineOf('list', 0, 'y', 0)]).toEqual([
      1, 4, 2, 5, 6,
    ])
    expect([lineOf('list', 0, 'missing', 'deeper'), lineOf('missing')]).toEqual([4, 1])
  })

  it('lets a plain anchor be used as often as one likes', () => {
    const many = Array.from({ length: 500 }, () => '- *x').join('\n')

    expect(parseYaml(`x: &x {a: &y {b: 1}, c: *y}\nlist:\n${many}`, 'f').value).toMatchObject({ list: { length: 500 } })
  })

  it.each([
    [
      'aliases that multiply',
      Array.from(
        { length: 12 },
        (_, i) =>
          `a${i}: &a${i} [${Array(10)
            .fill(i === 0 ? 'x' : `*a${i - 1}`)
            .join(', ')}]`,
      ).join('\n'),
    ],
    [
      'merges that multiply',
      Array.from(
        { length: 12 },
        (_, i) =>
          `a${i}: &a${i}\n  k${i}: 1\n  <<: [${Array(10)
            .fill(i === 0 ? '{x: 1}' : `*a${i - 1}`)
            .join(', ')}]`,
      ).join('\n'),
    ],
    ['brackets in brackets', `a: ${'['.repeat(200)}${']'.repeat(200)}`],
    ['very many brackets', '['.repeat(5000)],
    ['a mapping in itself', 'a: &a\n  <<: *a\n'],
  ])('refuses %s', (_, text) => {
    expect(errorOf(() => parseYaml(text, 'f')).code).toBe('prefect-file-syntax')
  })

  it('takes a key for a key, whatever it is called', () => {
    const { value } = parseYaml('a: {__proto__: {polluted: true}, constructor: 1}', 'f')

    expect(JSON.stringify(value)).toBe('{"a":{"__proto__":{"polluted":true},"constructor":1}}')
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })
})
