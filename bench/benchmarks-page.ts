import { readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { join, relative } from 'node:path'
import { root } from '../sandbox/paths.ts'
import type { TimeZones } from '../sandbox/prefect.ts'
import { imageTable } from './image-results.ts'
import type { ImageComparison } from './image-results.ts'
import { ratioOf } from './results.ts'
import type { Comparison, Measured } from './results.ts'

const PAGE = join(root, 'docs/benchmarks.md')

export type Setting = {
  /** In words, with version and database. */
  readonly server: string
  /** These two say which part of the page is replaced. */
  readonly database: 'sqlite' | 'postgresql'
  readonly timeZones: TimeZones
}

/** Replaces the results of this server in docs/benchmarks.md. @returns the page's path in the repository. */
export function writeResults(comparisons: readonly Comparison[], setting: Setting): string {
  return rewrite((page) => withResults(page, comparisons, setting))
}

/** The same for those of the image; `engine` with its version. */
export function writeImageResults(comparisons: readonly ImageComparison[], engine: string): string {
  return rewrite((page) => withPart(page, 'image', `${heading(engine)}\n\n${imageTable(comparisons)}`))
}

function rewrite(change: (page: string) => string): string {
  writeFileSync(PAGE, change(readFileSync(PAGE, 'utf8')))
  return relative(root, PAGE)
}

/** The page with other results of one server. @throws Error when it has no place for them. */
export function withResults(page: string, comparisons: readonly Comparison[], setting: Setting): string {
  const { server, database, timeZones } = setting
  const isTuned = timeZones === 'package'
  const measured = heading(isTuned ? `${server} with PYTHONTZPATH empty` : server)
  return withPart(page, isTuned ? `${database}-tzdata` : database, [measured, table(comparisons), ...growth(comparisons)].join('\n\n'))
}

/** The page with another text between the marks of a part. @throws Error when it has no such part. */
export function withPart(page: string, part: string, text: string): string {
  const [start, end] = [`<!-- results ${part} -->\n`, `<!-- end ${part} -->`]
  const [before, after] = [page.indexOf(start), page.indexOf(end)]
  if (before < 0 || after < before) throw new Error(`The page has no part for ${part}`)
  return `${page.slice(0, before)}${start}${text}\n${page.slice(after)}`
}

/** @param measured what was measured, in words, with versions. */
function heading(measured: string): string {
  const machine = `${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown processor'}`
  return `${new Date().toISOString().slice(0, 10)}, ${measured}, Node ${process.versions.node}, ${machine}.`
}

function table(comparisons: readonly Comparison[]): string {
  const rows = comparisons.map(({ size, case: kind, ours, cli }) => {
    const own = [size, kind, `${ours.seconds.toFixed(1)} s`, server(ours)]
    if (cli === undefined) return [...own, '', '', ours.requests, ours.writes]
    return [
      ...own, `${cli.seconds.toFixed(1)} s`, `**${ratioOf(ours, cli).toFixed(1)} ×**`, `${ours.requests} / ${cli.requests}`, `${ours.writes} / ${cli.writes}`,
    ]
  })
  const header = ['deployments', 'case', 'this action', 'its requests alone', '`prefect deploy --all`', 'faster', 'requests', 'writes']
  return [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function server({ serverSeconds }: Measured): string {
  return serverSeconds === undefined ? '' : `${serverSeconds.toFixed(1)} s`
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
