import { describe, expect, it } from '@jest/globals'
import { readFixture } from '../../__fixtures__/prefect-files/deployments.ts'
import { splitLines, splitWords, substitute } from '../../src/deployment/shell-words.ts'

// What Python makes of them: record-scripts.py.
const RECORDING = JSON.parse(readFixture('scripts.json')) as {
  readonly words: readonly (readonly [string, readonly string[] | string])[]
  readonly lines: readonly (readonly [string, readonly string[]])[]
  readonly values: Readonly<Record<string, string>>
  readonly templates: readonly (readonly [string, string])[]
}

function wordsOrReason(line: string): readonly string[] | string {
  try {
    return splitWords(line)
  } catch (error) {
    return error instanceof Error ? error.message : ''
  }
}

describe('a script is read as Python reads it', () => {
  it.each(RECORDING.words)('%j has the words %j', (line, words) => {
    expect(wordsOrReason(line)).toEqual(words)
  })

  it.each(RECORDING.lines)('%j has the lines %j', (text, lines) => {
    expect(splitLines(text)).toEqual(lines)
  })

  it.each(RECORDING.templates)('%j becomes %j', (text, expected) => {
    expect(substitute(text, RECORDING.values)).toBe(expected)
  })

  it('takes no value from what every object has', () => {
    expect(substitute('$constructor ${toString}', {})).toBe('$constructor ${toString}')
  })
})
