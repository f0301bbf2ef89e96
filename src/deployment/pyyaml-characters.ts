import { CST, Lexer } from 'yaml'

/** Those that PyYAML refuses (yaml/reader.py), and those that it alone takes for the end of a line. */
const FORBIDDEN = /[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\u{10ffff}]/u

/** Where in a YAML text a character is that PyYAML takes nowhere, or a tab that it does not take there; -1 without any. */
export function findForbidden(text: string): number {
  const forbidden = FORBIDDEN.exec(text)?.index ?? -1
  const tab = text.includes('\t') ? findTab(text) : -1
  return forbidden === -1 || (tab !== -1 && tab < forbidden) ? tab : forbidden
}

/** Tabs are text in quotes, in comments and in block scalars; between words and before them PyYAML takes only spaces. */
function findTab(text: string): number {
  let offset = 0
  let isBlock = false
  let isScalar = false
  for (const token of new Lexer().lex(text)) {
    const type: CST.TokenType | 'content' | null = isScalar ? 'content' : CST.tokenType(token)
    const isMarker = type === 'scalar' || type === 'doc-mode' || type === 'flow-error-end'
    const isText = (type === 'content' && isBlock) || type === 'comment' || type === 'single-quoted-scalar' || type === 'double-quoted-scalar'
    if (!isText && !isMarker && token.includes('\t')) return offset + token.indexOf('\t')
    if (type === 'block-scalar-header') isBlock = true
    if (type === 'content') isBlock = false
    isScalar = type === 'scalar'
    offset += isMarker ? 0 : token.length
  }
  return -1
}
