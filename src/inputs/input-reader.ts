import type { Problem } from '../errors.ts'

/** The job's environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Reads single inputs and keeps what is wrong with them. */
export class InputReader {
  readonly problems: Problem[] = []
  readonly #env: Environment

  constructor(env: Environment) {
    this.#env = env
  }

  /** The input, or the variable that may stand for it. The runner keeps dashes and only replaces spaces. */
  text(input: string, variable?: string): string | undefined {
    const value = this.#env[`INPUT_${input.toUpperCase()}`]?.trim()
    if (value !== undefined && value !== '') return value
    const fallback = variable === undefined ? undefined : this.#env[variable]?.trim()
    return fallback === '' ? undefined : fallback
  }

  boolean(input: string, absent: boolean): boolean {
    const value = this.text(input)
    if (value !== undefined && value !== 'true' && value !== 'false') this.problem(input, `"${value}" is neither "true" nor "false"`)
    return value === undefined ? absent : value === 'true'
  }

  number(input: string, range: { default: number; min: number; max: number }): number {
    const value = this.text(input)
    if (value === undefined) return range.default
    const number = Number(value)
    if (!Number.isInteger(number) || number < range.min || number > range.max) {
      this.problem(input, `"${value}" is not a whole number from ${range.min} to ${range.max}`)
    }
    return number
  }

  choice(input: string, choices: readonly [string, ...string[]]): string {
    const value = this.text(input) ?? choices[0]
    if (!choices.includes(value)) this.problem(input, `"${value}" is none of ${choices.join(', ')}`)
    return value
  }

  /** Values one a line or comma-separated. */
  list(input: string): string[] {
    return (this.text(input) ?? '').split(/[\n,]/).map((item) => item.trim()).filter((item) => item !== '')
  }

  /** `NAME=value`, one a line; a value may hold further `=`. */
  pairs(input: string): Record<string, string> {
    const lines = (this.text(input) ?? '').split('\n').map((line) => line.trim()).filter((line) => line !== '')
    return Object.fromEntries(lines.map((line, index) => {
      const at = line.indexOf('=')
      if (at < 1) this.problem(input, `line ${index + 1} is not NAME=value`)
      return [line.slice(0, at), line.slice(at + 1)]
    }))
  }

  problem(input: string, what: string, hint?: string): void {
    this.problems.push({ code: 'invalid-input', message: `Input "${input}" ${what}`, hint })
  }

  unavailable(input: string, what = 'set'): void {
    const message = what === 'set' ? `Input "${input}" is not available in this version` : `Input "${input}": ${what} is not available in this version`
    this.problems.push({ code: 'unsupported-input', message, hint: 'Remove it: nothing may rely on what is not done.' })
  }
}
