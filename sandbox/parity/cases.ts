/** The Prefect files that both programs deploy. What is special about one stands in its first comment lines. */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { root } from '../paths.ts'

/** Where the cases and the modules of their flows are. */
export const casesFolder = join(root, '__fixtures__/prefect-files/parity')

export type ParityCase = {
  readonly name: string
  /** Text of its Prefect file. */
  readonly file: string
  /** Names of the documented deviations that occur in it, `# Deviations: image, workdir`; undefined when it is not said. */
  readonly deviations: readonly string[] | undefined
}

export function readCases(): readonly ParityCase[] {
  const names = readdirSync(casesFolder).filter((name) => name.endsWith('.yaml')).toSorted()
  return names.map((name) => readCase(join(casesFolder, name)))
}

/** @param path of any Prefect file. */
export function readCase(path: string): ParityCase {
  const file = readFileSync(path, 'utf8')
  const line = /^# Deviations:(.*)$/m.exec(file)
  return {
    name: basename(path).replace(/\.ya?ml$/, ''),
    file,
    deviations: line?.[1]?.split(',').map((name) => name.trim()).filter((name) => name !== ''),
  }
}
