import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'

const root = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

const errors = codesOf('ErrorCode')
const warnings = codesOf('WarningCode')
const source = sourceBut('errors.ts')

describe.each([
  ['docs/errors.md', errors],
  ['docs/warnings.md', warnings],
])('%s', (page, codes) => {
  it('has one entry for every code and none without', () => {
    const entries = entriesOf(page)

    expect(entries.filter(({ code }) => !codes.includes(code))).toEqual([])
    expect(codes.filter((code) => !entries.some((entry) => entry.code === code))).toEqual([])
    expect(new Set(entries.map(({ code }) => code)).size).toBe(entries.length)
  })

  it('says of each, on its one line, the cause and what to do', () => {
    const entries = entriesOf(page)

    expect(entries.filter(({ code, cause, cure }) => !new RegExp(`^<a id="${code}"></a>.{20,}[.)]$`).test(cause) || !/^.{15,}\.$/.test(cure))).toEqual([])
    expect(read(page).match(/\*\*Do:\*\*/g)).toHaveLength(entries.length)
  })
})

describe.each([
  ['error', errors],
  ['warning', warnings],
])('every %s code', (_, codes) => {
  it('is there for something that the action says', () => {
    expect(codes.length).toBeGreaterThan(5)
    expect(codes.filter((code) => !source.includes(`'${code}'`))).toEqual([])
  })
})

/** The members of a union of src/errors.ts, which nothing has at run time. */
function codesOf(union: string): string[] {
  const [, members = ''] = new RegExp(`export type ${union} =\\n((?: {2}\\| '[\\w-]+'\\n)+)`).exec(read('src/errors.ts')) ?? []
  return [...members.matchAll(/'([\w-]+)'/g)].map(([, code = '']) => code)
}

type Entry = { readonly code: string; readonly cause: string; readonly cure: string }

function entriesOf(page: string): Entry[] {
  return [...read(page).matchAll(/^- `([^`]+)`: (.*)$/gm)].map(([, code = '', text = '']) => {
    const [cause = '', cure = ''] = text.split(' **Do:** ')
    return { code, cause, cure }
  })
}

function sourceBut(name: string): string {
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  return files.filter((file) => file.endsWith('.ts') && file !== name).map((file) => read(join('src', file))).join('\n')
}
