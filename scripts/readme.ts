/** Writes the README's tables: inputs and outputs from action.yml, speed from docs/benchmarks.md; with `--check`, fails when they are not current. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { benchmarkSection } from './readme-benchmarks.ts'

type Entry = { description?: string; default?: string }
type ActionFile = { inputs: Record<string, Entry>; outputs: Record<string, Entry> }

const root = join(import.meta.dirname, '..')
const action = parse(readFileSync(join(root, 'action.yml'), 'utf8')) as ActionFile
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const sections = {
  inputs: inputsTable(action),
  outputs: outputsTable(action),
  benchmarks: benchmarkSection(readFileSync(join(root, 'docs/benchmarks.md'), 'utf8')),
}
const generated = Object.entries(sections).reduce((text, [section, content]) => replaceSection(text, section, content), readme)

if (!process.argv.includes('--check')) writeFileSync(join(root, 'README.md'), generated)
else if (generated !== readme) {
  console.error('README.md is not current with action.yml or docs/benchmarks.md: run `npm run readme`.')
  process.exitCode = 1
}

function inputsTable({ inputs }: ActionFile): string {
  const rows = Object.entries(inputs).map(([name, entry]) => {
    const standard = entry.default === undefined ? '' : `\`${entry.default}\``
    return `| \`${name}\` | ${standard} | ${describe(name, entry)} |`
  })
  return ['| input | default | meaning |', '|---|---|---|', ...rows].join('\n')
}

function outputsTable({ outputs }: ActionFile): string {
  return ['| output | meaning |', '|---|---|', ...Object.entries(outputs).map(([name, entry]) => `| \`${name}\` | ${describe(name, entry)} |`)].join('\n')
}

function describe(name: string, { description }: Entry): string {
  if (!description?.endsWith('.')) throw new Error(`action.yml: ${name} needs a description that is a sentence`)
  return description.replaceAll('|', '\\|')
}

function replaceSection(text: string, section: string, content: string): string {
  const [start, end] = [`<!-- ${section}:start -->`, `<!-- ${section}:end -->`]
  const [before, rest] = text.split(start)
  const after = rest?.split(end)[1]
  if (before === undefined || after === undefined) throw new Error(`README.md has no markers ${start} … ${end}`)
  return `${before}${start}\n${content}\n${end}${after}`
}
