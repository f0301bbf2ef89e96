/** What the README says of speed: the main rows of docs/benchmarks.md, with the date and the command of each. */

/** The parts of the page, in the README's order: how each is measured, and which rows of its table are for the README. */
const PARTS: readonly { readonly part: string; readonly command: string; readonly isMain: (row: string) => boolean }[] = [
  { part: 'sqlite', command: 'npm run bench -- deployments', isMain: isOf100 },
  { part: 'sqlite-tzdata', command: 'npm run bench -- deployments --time-zones package', isMain: isOf100 },
  { part: 'postgresql', command: 'npm run bench -- deployments --database postgresql', isMain: isOf100 },
  { part: 'image', command: 'npm run bench -- image', isMain: () => true },
]

/** @param page text of docs/benchmarks.md. @throws Error when it lacks a part. */
export function benchmarkSection(page: string): string {
  return PARTS.flatMap(({ part, command, isMain }) => {
    const [measured = '', header = '', rule = '', ...rows] = linesOf(page, part)
    const main = rows.filter((row) => row.startsWith('|') && isMain(row))
    return main.length === 0 ? [] : [`\`${command}\` on ${measured}\n\n${[header, rule, ...main].join('\n')}`]
  }).join('\n\n')
}

function linesOf(page: string, part: string): string[] {
  const [, text] = new RegExp(`<!-- results ${part} -->\\n([\\s\\S]*?)<!-- end ${part} -->`).exec(page) ?? []
  if (text === undefined) throw new Error(`docs/benchmarks.md has no part for ${part}`)
  return text.split('\n').filter((line) => line !== '')
}

function isOf100(row: string): boolean {
  return row.startsWith('| 100 |')
}
