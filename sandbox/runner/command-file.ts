/** Command files: how a step hands outputs, state and variables to its runner. */

/** @throws Error in the runner's words when the file breaks the format. */
export function parseCommandFile(text: string): Record<string, string> {
  const entries: Record<string, string> = {}
  const lines = text.split(/\r?\n/)
  while (lines.length > 0) {
    const line = lines.shift() ?? ''
    if (line === '') continue
    const [, name, operator, rest] = /^([^=<]*?)(=|<<)(.*)$/.exec(line) ?? []
    if (name === undefined || name === '' || rest === undefined) throw new Error(`Invalid format '${line}'`)
    entries[name] = operator === '=' ? rest : readHeredoc(lines, rest)
  }
  return entries
}

function readHeredoc(lines: string[], delimiter: string): string {
  const end = lines.indexOf(delimiter)
  if (end < 0) throw new Error(`Invalid value. Matching delimiter not found '${delimiter}'`)
  return lines.splice(0, end + 1).slice(0, -1).join('\n')
}
