/**
 * The words of a command as Python's `shlex.split` finds them, with which Prefect takes a line of a script apart:
 * quotes and backslashes count, nothing is expanded, and `#` begins no comment.
 * @throws Error in Python's words for a quote or backslash that is not complete.
 */
export function splitWords(line: string): string[] {
  const words: string[] = []
  let rest = line.replace(/^[ \t\r\n]+/, '')
  while (rest !== '') {
    let word = ''
    while (rest !== '' && !/^[ \t\r\n]/.test(rest)) {
      const [whole, text] = nextPart(rest)
      word += text
      rest = rest.slice(whole.length)
    }
    words.push(word)
    rest = rest.replace(/^[ \t\r\n]+/, '')
  }
  return words
}

/** A run of plain characters, an escaped one or a quoted text; and what it stands for. */
function nextPart(rest: string): readonly [whole: string, text: string] {
  const [whole, single, double, escaped, plain] = /^(?:'([^']*)'|"((?:\\[^]|[^"\\])*)"|\\([^])|([^'"\\ \t\r\n]+))/.exec(rest) ?? []
  if (whole === undefined) throw new Error(UNESCAPED.test(rest) ? 'No escaped character' : 'No closing quotation')
  return [whole, single ?? double?.replace(/\\(["\\])/g, '$1') ?? escaped ?? plain ?? '']
}

const LINE_ENDS = ['\r\n', '\n', '\r', '\v', '\f', '\x1c', '\x1d', '\x1e', '\x85', '\u2028', '\u2029']

/** A backslash that is the last character, in double quotes too. */
const UNESCAPED = /^(\\|"(\\[^]|[^"\\])*\\)$/

/** The lines of a text as Python's `str.splitlines` finds them. */
export function splitLines(text: string): string[] {
  const lines = text.split(new RegExp(LINE_ENDS.join('|')))
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines
}

const PLACEHOLDER = /\$(?:(\$)|([_a-z][_a-z0-9]*)|\{([_a-z][_a-z0-9]*)\})/gi

/** Python's `string.Template(text).safe_substitute(values)`: `$name`, `${name}` and `$$`; what has no value stays. */
export function substitute(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(PLACEHOLDER, (whole, dollar: string | undefined, bare?: string, braced?: string) => {
    const name = bare ?? braced ?? ''
    return dollar ?? (Object.hasOwn(values, name) ? (values[name] ?? whole) : whole)
  })
}
