import { readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { join, relative } from 'node:path'
import { root } from '../sandbox/paths.ts'
import { ratioOf } from './results.ts'
import type { Comparison } from './results.ts'

const PAGE = join(root, 'docs/benchmarks.md')

export type Setting = {
  /** In words, with version and database. */
  readonly server: string
  /** Which part of the page is replaced. */
  readonly database: 'sqlite' | 'postgresql'
}

/** Replaces the results of this database in docs/benchmarks.md. @returns the page's path in the repository. */
export function writeResults(comparisons: readonly Comparison[], setting: Setting): string {
  writeFileSync(PAGE, withResults(readFileSync(PAGE, 'utf8'), comparisons, setting))
  return relative(root, PAGE)
}

/** The page with other results of one database. @throws Error when it has no place for them. */
export function withResults(page: string, comparisons: readonly Comparison[], setting: Setting): string {
  const [start, end] = [`<!-- results ${setting.database} -->\n`, `<!-- end ${setting.database} -->`]
  const [before, after] = [page.indexOf(start), page.indexOf(end)]
  if (before < 0 || after < before) throw new Error(`The page has no part for ${setting.database}`)
  const text = [heading(setting), table(comparisons), ...growth(comparisons)].join('\n\n')
  return `${page.slice(0, before)}${start}${text}\n${page.slice(after)}`
}

function heading({ server }: Setting): string {
  const machine = `${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown processor'}`
  return `${new Date().toISOString().slice(0, 10)}, ${server}, Node ${process.versions.node}, ${machine}.`
}

function table(comparisons: readonly Comparison[]): string {
  const rows = comparisons.map((comparison) => {
    const { size, case: kind, ours, cli } = comparison
    return [
      size, kind, `${ours.seconds.toFixed(1)} s`, `${cli.seconds.toFixed(1)} s`, `**${ratioOf(comparison).toFixed(1)} ×**`,
      `${ours.requests} / ${cli.requests}`, `${ours.writes} / ${cli.writes}`,
    ]
  })
  const header = ['deployments', 'case', 'this action', '`prefect deploy --all`', 'faster', 'requests', 'writes']
  return [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** How the time grows from the second largest size to the largest. */
function growth(comparisons: readonly Comparison[]): string[] {
  const [from, to] = [...new Set(comparisons.map(({ size }) => size))].sort((a, b) => a - b).slice(-2)
  if (from === undefined || to === undefined) return []
  const parts = comparisons.filter(({ size }) => size === to).flatMap(({ case: kind, ours }) => {
    const smaller = comparisons.find((each) => each.size === from && each.case === kind)
    return smaller === undefined ? [] : [`${(ours.seconds / smaller.ours.seconds).toFixed(1)} times (${kind})`]
  })
  return [`From ${from} to ${to} deployments this action's time grows ${parts.join(', ')}.`]
}
