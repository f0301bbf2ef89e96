/** How many lines a repository in the shape of the old templates has before and after: the table of docs/migration.md. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { root } from '../sandbox/paths.ts'

/** What a file is for, by its path; the first that fits. Infrastructure and what flows are made of are not compared. */
const PARTS: readonly (readonly [part: string, paths: RegExp])[] = [
  ['workflows', /^\.github\/workflows\//],
  ['blocks, schedules and scripts, or `prefect.yaml` and `task-definition.json`', /^(blocks\/|utilities\/|scheduling\.|prefect\.yaml$|task-definition\.json$)/],
  ['image: `Dockerfile`, requirements, packaging, ignore files', /^(Dockerfile$|requirements\.txt$|setup\.py$|\.prefectignore$|\.dockerignore$)/],
]
const NOT_COMPARED = /^(infrastructure|flows|warehouse)\//

type Count = { readonly files: number; readonly lines: number }
type Repository = ReadonlyMap<string, string>

const template = join(root, '__fixtures__/template')

/** The table, in Markdown. @throws Error for a file that is of no part. */
export function migrationTable(): string {
  const [before, after] = [read(join(template, 'before')), read(join(template, 'after'))]
  const rows = PARTS.map(([part, paths]) => row(part, count(before, paths), count(after, paths)))
  const everything = /^/
  return [
    '| | before | after |', '|---|---|---|', ...rows, row('**together**', count(compared(before), everything), count(compared(after), everything)),
  ].join('\n')
}

function row(part: string, before: Count, after: Count): string {
  return `| ${part} | ${describe(before)} | ${describe(after)} |`
}

function describe({ files, lines }: Count): string {
  return `${files} ${files === 1 ? 'file' : 'files'}, ${lines} lines`
}

function count(repository: Repository, paths: RegExp): Count {
  const texts = [...repository].filter(([path]) => paths.test(path)).map(([, text]) => text)
  return { files: texts.length, lines: texts.reduce((sum, text) => sum + text.split('\n').length - 1, 0) }
}

function compared(repository: Repository): Repository {
  const found = [...repository].filter(([path]) => !NOT_COMPARED.test(path))
  const unknown = found.find(([path]) => !PARTS.some(([, paths]) => paths.test(path)))
  if (unknown !== undefined) throw new Error(`Nothing says what ${unknown[0]} is for`)
  return new Map(found)
}

/** By path, without what Python leaves. */
function read(folder: string): Repository {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && !entry.name.endsWith('.pyc'))
  const paths = entries.map((entry) => join(entry.parentPath, entry.name))
  return new Map(paths.map((path) => [relative(folder, path), readFileSync(path, 'utf8')]))
}
