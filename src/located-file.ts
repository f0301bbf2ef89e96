import { LineCounter, isMap, isNode, isScalar, isSeq, parseDocument } from 'yaml'
import type { Document } from 'yaml'
import { DeployError, messageOf } from './errors.ts'
import type { ErrorCode, Location } from './errors.ts'
import type { Json } from './planned.ts'

export type FieldPath = readonly (string | number)[]

/** What a file says, and where it says it. */
export type ParsedFile = { readonly content: Json; readonly locate: (path: FieldPath) => Location }

/**
 * Reads a JSON file strictly and any other as YAML 1.2, with merge keys.
 * @param file name for messages, relative to the workspace.
 * @throws DeployError with the code, at the line of the first syntax error.
 */
export function parseLocatedFile(text: string, file: string, code: ErrorCode): ParsedFile {
  const lines = new LineCounter()
  const source = text.replace(/^\uFEFF/, '')
  const isJson = /\.json$/i.test(file)
  const document = parseDocument(source, { lineCounter: lines, merge: true, ...(isJson && { schema: 'json' }) })
  const content = isJson ? parseJson(source, { file, code, lines, document }) : readYaml(document, file, code)
  return { content, locate: (path) => at(file, lines, offsetOf(document, path)) }
}

type JsonContext = { readonly file: string; readonly code: ErrorCode; readonly lines: LineCounter; readonly document: Document.Parsed }

/** V8 says where only for some errors; YAML's parser, for which JSON is a dialect, knows the others. */
function parseJson(source: string, { file, code, lines, document }: JsonContext): Json {
  try {
    return JSON.parse(source) as Json
  } catch (error) {
    const [position] = /(?<=at position )\d+/.exec(messageOf(error)) ?? []
    const offset = position === undefined ? (document.errors[0] ?? document.warnings[0])?.pos[0] : Number(position)
    // V8 quotes the file's text; what is in it is nothing for a log, where a cause would be printed too.
    const reason = messageOf(error).replace(/, (\.{3})?".*"(\.{3})? is not valid JSON$/s, '').replace(/ in JSON at position.*$/s, '')
    throw new DeployError(code, `${file} is not JSON: ${reason}`, { location: at(file, lines, offset) })
  }
}

function readYaml(document: Document.Parsed, file: string, code: ErrorCode): Json {
  const [error] = document.errors
  if (error !== undefined) {
    const [start] = error.linePos ?? []
    const [reason = ''] = error.message.split(/ at line \d+/)
    throw invalidYaml(code, reason, { file, ...(start !== undefined && { line: start.line, column: start.col }) })
  }
  try {
    return document.toJS() as Json
  } catch (error) { // an alias that stands for nothing or for too much
    throw invalidYaml(code, messageOf(error), { file })
  }
}

/** The parser, too, quotes the text, after a colon. */
function invalidYaml(code: ErrorCode, reason: string, location: Location): DeployError {
  return new DeployError(code, `${location.file} is not YAML: ${reason.replace(/: .*$/s, '')}`, { location })
}

function at(file: string, lines: LineCounter, offset: number | undefined): Location {
  if (offset === undefined) return { file }
  const { line, col } = lines.linePos(offset)
  return { file, line, column: col }
}

/** Start of the field, or of the nearest thing around it that the document has. */
function offsetOf(document: Document.Parsed, path: FieldPath): number | undefined {
  const field = path.at(-1)
  if (field === undefined) return document.contents?.range[0]
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true)
  const pair = isMap(parent) ? parent.items.find(({ key }) => isScalar(key) && key.value === field) : undefined
  const item = isSeq(parent) && typeof field === 'number' ? parent.items[field] : pair?.key
  return (isNode(item) ? item.range?.[0] : undefined) ?? offsetOf(document, path.slice(0, -1))
}
