/**
 * Building blocks of GitHub Flavored Markdown that any text survives: names, values and messages come from projects and
 * servers, and what they say must be seen as it is, and never be markup, a link, a mention, a reference or a comment.
 */

const ZERO_WIDTH_SPACE = '\u200B'

/** Inline code: a fence longer than the text's backticks, on one line; cut to a length. */
export function code(text: string, length = Infinity): string {
  const flat = visible(cut(text, length))
  const fence = '`'.repeat(longestRun(flat) + 1)
  const space = flat.startsWith('`') || flat.endsWith('`') ? ' ' : ''
  return flat.trim() === '' ? '` `' : `${fence}${space}${flat}${space}${fence}`
}

/**
 * Plain text on one line. GitHub looks for mentions, `#1`, `GH-1` and bare addresses in the finished page, where an
 * escape does not help any more: a zero-width space does.
 */
export function plain(text: string, length = Infinity): string {
  return visible(cut(text, length))
    .replace(/[@#]|GH-(?=\d)|https?:(?=\/\/)|ftp:(?=\/\/)|www(?=\.)/gi, `$&${ZERO_WIDTH_SPACE}`)
    .replace(/[\\`*_[\]~]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('$', '&#36;') // two would be a formula
}

/** Code for inside of HTML, where Markdown is not read. */
export function htmlCode(text: string, length = Infinity): string {
  return `<code>${escapeHtml(visible(cut(text, length)))}</code>`
}

/** Longer addresses than any page has would fill a comment. */
const LONGEST_ADDRESS = 1000

/** A link on text that is Markdown already; the text alone when the address is not one of the web. */
export function link(markdown: string, address: string | null | undefined): string {
  const url = URL.parse(address ?? '')
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') return markdown
  const href = url.href.replace(/[()|<>\\`*]/g, (character) => `%${character.charCodeAt(0).toString(16)}`)
  return href.length > LONGEST_ADDRESS ? markdown : `[${markdown}](${href})`
}

/** A text of several lines as it is, up to a length. */
export function textBlock(text: string, length: number): string {
  const lines = text.split(/\r?\n/).map(visible)
  return fenced('text', cut(lines.join('\n'), length).split('\n'))
}

/** A block of lines with colours for a language; no line of it can end the block. */
export function fenced(language: string, lines: readonly string[]): string {
  const text = lines.map((line) => visible(line).replaceAll('<!--', `<${ZERO_WIDTH_SPACE}!--`)).join('\n')
  const fence = '`'.repeat(Math.max(3, longestRun(text) + 1))
  return `${fence}${language}\n${text}\n${fence}`
}

/** A GitHub table; cells are Markdown already, and no border in their text ends them. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(withoutBorders).join(' | ')} |`
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n')
}

/** A part that opens on a click; its title is HTML already, its body Markdown. */
export function details(title: string, body: string): string {
  return `<details><summary>${title}</summary>\n\n${body}\n\n</details>`
}

export function bullets(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join('\n')
}

/** The text up to a length, never half of a character that takes two code units. */
export function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length).replace(/[\uD800-\uDBFF]$/, '')}…` : text
}

/**
 * On one line, with control characters, direction marks and other characters without a shape as their numbers: text
 * that reads otherwise than it is written deceives a reviewer.
 */
export function visible(text: string): string {
  return text
    .replace(/\s*[\r\n]+\s*/g, ' ')
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`)
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

/** Parsers disagree on whether a border is escaped after two backslashes: none is ever right before one. */
function withoutBorders(cell: string): string {
  return cell.replace(/\\+(?=\|)/g, '$& ').replaceAll('|', '\\|')
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length))
}
