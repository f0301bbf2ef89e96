import { describe, expect, it } from '@jest/globals'
import { errorOf } from '../__fixtures__/prefect-files/deployments.ts'
import { DeployError, describeLocation, messageOf, throwProblems } from '../src/errors.ts'
import type { Location, Problem } from '../src/errors.ts'

const unnamed: Problem = {
  code: 'deployment-unnamed', message: 'deployment 2 has no name', hint: 'Give it a "name".',
  location: { file: 'prefect.yaml', line: 7, column: 3 },
}
const invalid: Problem = {
  code: 'prefect-file-invalid', message: '"name" is no text', hint: 'Quote it.', location: { file: 'prefect.yaml', line: 2 },
}
const missing: Problem = { code: 'invalid-input', message: 'Input "aws-region" is missing' }

describe('throwing problems', () => {
  it('does nothing without one', () => {
    expect(() => { throwProblems([]) }).not.toThrow()
  })

  it('says a single one as it is: its place is the location of the error', () => {
    const error = errorOf(() => { throwProblems([unnamed]) })

    expect(error).toBeInstanceOf(DeployError)
    expect(error).toMatchObject(unnamed)
  })

  it('says several in one error, each with its place, in their order', () => {
    expect(errorOf(() => { throwProblems([unnamed, invalid, missing]) }).message).toBe(
      '3 problems: prefect.yaml:7:3: deployment 2 has no name; prefect.yaml:2: "name" is no text; Input "aws-region" is missing',
    )
  })

  it('takes code, hint and location from the first', () => {
    const { code, hint, location } = invalid

    expect(errorOf(() => { throwProblems([invalid, unnamed]) })).toMatchObject({ code, hint, location })
  })

  it('keeps each of several, also of an error that is several already', () => {
    const several = errorOf(() => { throwProblems([unnamed, invalid]) })

    expect(several).toMatchObject({ problems: [unnamed, invalid] })
    expect(errorOf(() => { throwProblems([several, missing]) })).toMatchObject({
      problems: [unnamed, invalid, missing], message: expect.stringMatching(/^3 problems: /),
    })
    expect(errorOf(() => { throwProblems([unnamed]) })).toMatchObject({ problems: [] })
  })

  it('leaves hint and location out when the first has none', () => {
    expect(errorOf(() => { throwProblems([missing, invalid]) })).toMatchObject({
      code: 'invalid-input', hint: undefined, location: undefined,
    })
  })
})

describe('a deploy error', () => {
  it('keeps what caused it', () => {
    const cause = new Error('socket hang up')

    expect(new DeployError('prefect-unreachable', 'no answer', { cause })).toMatchObject({
      name: 'DeployError', code: 'prefect-unreachable', message: 'no answer', cause, hint: undefined, location: undefined,
    })
  })
})

describe('a location', () => {
  it.each<[Location, string]>([
    [{ file: 'prefect.yaml' }, 'prefect.yaml'],
    [{ file: 'prefect.yaml', line: 3 }, 'prefect.yaml:3'],
    [{ file: 'a/b.json', line: 3, column: 14 }, 'a/b.json:3:14'],
  ])('of %j reads %s', (location, text) => {
    expect(describeLocation(location)).toBe(text)
  })
})

describe('the words of what was thrown', () => {
  it.each<[string, unknown, string]>([
    ['an error', new TypeError('no number'), 'no number'],
    ['a text', 'out of memory', 'out of memory'],
    ['nothing', undefined, 'undefined'],
  ])('are there for %s', (_, thrown, words) => {
    expect(messageOf(thrown)).toBe(words)
  })
})
