import picomatch from 'picomatch'

/**
 * Tells whether a Dockerfile names a path of its context: a source of COPY, ADD or `RUN --mount=type=bind` that is the
 * path, lies in it, or is a pattern that matches it. Copying a whole folder (`COPY . .`) does not name what is in it.
 * Variables take their value from the build arguments and from ARG and ENV; one that stays unknown may be anything.
 */
export function pathsNamedBy(dockerfile: string, buildArgs: Readonly<Record<string, string>>): (path: string) => boolean {
  const lines = instructions(dockerfile)
  const variables = new Map([...lines.flatMap(assignments), ...Object.entries(buildArgs)])
  const written = lines.flatMap(sourcesOf).map(cleaned).filter((source) => !WHOLE_CONTEXT.test(source))
  const sources = written.map((source) => expand(source, variables))
  return (path) => sources.some((source) => source === path || source.startsWith(`${path}/`) || matches(path, source))
}

const WHOLE_CONTEXT = /^(\.|\*|\*\*)?$/
const CONTINUED = /\\[ \t]*$/
/** `${NAME}`, `${NAME:-default}`, `$NAME` */
const VARIABLE = /\$\{(\w+)(?::?-([^}]*))?[^}]*\}|\$(\w+)/g
const HEREDOC = /<<(-?)\s*(["']?)(\w+)\2/g

/** Logical lines: continuations joined, comments and here-documents dropped (Dockerfile reference, "Format"). */
function instructions(dockerfile: string): string[] {
  const found: string[] = []
  const lines = dockerfile.replace(/^\uFEFF/, '').split(/\r?\n/)
  let instruction = ''
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? ''
    if (/^\s*(#|$)/.test(line)) continue
    instruction += ` ${line.replace(CONTINUED, '')}`
    if (CONTINUED.test(line)) continue
    found.push(instruction.trim())
    at = afterHeredocs(instruction, lines, at)
    instruction = ''
  }
  return [...found, instruction.trim()].filter((text) => text !== '')
}

/** Index of the last line of the here-documents that an instruction opens, or of its own last line. */
function afterHeredocs(instruction: string, lines: readonly string[], at: number): number {
  if (!/^\s*(RUN|COPY|ADD)\s/i.test(instruction)) return at
  return [...instruction.matchAll(HEREDOC)].reduce((from, [, tabs, , word]) => {
    const end = lines.findIndex((line, index) => index > from && (tabs === '-' ? line.replace(/^\t+/, '') : line) === word)
    return end === -1 ? from : end
  }, at)
}

/** Name and value of `ARG NAME=value`, `ENV NAME=value …` and `ENV NAME value`. */
function assignments(instruction: string): [string, string][] {
  const [, keyword = '', rest = ''] = /^(ARG|ENV)\s+(.*)$/i.exec(instruction) ?? []
  const old = keyword.toUpperCase() === 'ENV' ? /^(\w+)\s+([^=]*)$/.exec(rest) : null
  const pairs = old === null ? [...rest.matchAll(/(\w+)=("[^"]*"|'[^']*'|\S*)/g)] : [old]
  return pairs.map(([, name = '', value = '']) => [name, unquoted(value)])
}

function sourcesOf(instruction: string): string[] {
  const [, keyword = '', rest = ''] = /^(\w+)\s+(.*)$/.exec(instruction) ?? []
  if (/^RUN$/i.test(keyword)) return mountSources(rest)
  if (!/^(COPY|ADD)$/i.test(keyword) || /^(--\S+\s+)*--from=/.test(rest)) return []
  return operands(rest.replace(/^(--\S+\s+)+/, '')).slice(0, -1)
}

function operands(text: string): string[] {
  try {
    const list: unknown = JSON.parse(text)
    if (Array.isArray(list)) return list.map(String)
  } catch {
    // Not the JSON form.
  }
  return text.split(/\s+/).map(unquoted)
}

/** A mount without type is a bind mount, without source it is the whole context (Dockerfile reference, "RUN --mount"). */
function mountSources(text: string): string[] {
  return [...text.matchAll(/--mount=(\S+)/g)].flatMap(([, mount = '']) => {
    const fields = new Map(mount.split(',').map((field) => splitOnce(field)))
    const foreign = fields.has('from') || (fields.get('type') ?? 'bind') !== 'bind'
    return foreign ? [] : [fields.get('source') ?? fields.get('src') ?? '.']
  })
}

function splitOnce(field: string): [string, string] {
  const at = field.indexOf('=')
  return at === -1 ? [field, ''] : [field.slice(0, at), field.slice(at + 1)]
}

function expand(source: string, variables: ReadonlyMap<string, string>): string {
  const found = [...source.matchAll(VARIABLE)]
  return cleaned(found.reduce((text, [variable, braced, fallback = '*', bare = '']) => {
    const value = variables.get(braced ?? bare) ?? fallback
    return text.replace(variable, () => value)
  }, source))
}

function matches(path: string, pattern: string): boolean {
  return picomatch.isMatch(path, pattern, { dot: true, nobrace: true, noextglob: true, nonegate: true })
}

function cleaned(source: string): string {
  return source.replace(/^(\.?\/+)+/, '').replace(/\/+$/, '')
}

function unquoted(word: string): string {
  return word.replace(/^(["'])(.*)\1$/, '$2')
}
