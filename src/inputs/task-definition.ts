import type { InputReader } from './input-reader.ts'
import { isSecretName, isSecretText } from '../secret-names.ts'
import type { DefinitionEdits, Edit } from '../task-definition/edits.ts'

/** Keeps problems with single lines; no message has a value, or a line that may be the rest of one. */
export function readDefinitionEdits(reader: InputReader): DefinitionEdits {
  const edits = {
    environment: readEdits(reader, 'environment', variableProblem),
    secrets: readEdits(reader, 'secrets', secretProblem),
    tags: readEdits(reader, 'tags', tagProblem),
  }
  requireDefinition(reader, edits)
  refuseBoth(reader, edits)
  return edits
}

/** Values of variables that are named like a secret or hold a password: to be masked. */
export function secretsOfEdits({ environment }: DefinitionEdits): string[] {
  return environment.flatMap(({ name, value = '' }) =>
    value.length >= SHORTEST_SECRET && (isSecretName(name) || isSecretText(value)) ? [value] : [])
}

/** The mask of a shorter text would hide half the log. */
const SHORTEST_SECRET = 6

type EditInput = keyof DefinitionEdits
/** What is wrong with a line and what to do, if anything is. */
type Complaint = { readonly what: string; readonly hint?: string }
type Check = (edit: Edit) => Complaint | undefined

/** `NAME=value` sets, `NAME=` sets to nothing, `-NAME` removes, one a line; spaces around name and value do not count. */
function readEdits(reader: InputReader, input: EditInput, check: Check): Edit[] {
  const lines = (reader.text(input) ?? '').split('\n').map((line) => line.trim())
  const edits = lines.flatMap((line, index): Edit[] => {
    if (line === '') return []
    const edit = parseEdit(line)
    const complaint = edit === undefined ? { what: 'is neither NAME=value nor -NAME', hint: FORMS } : check(edit)
    if (complaint !== undefined) reader.problem(input, `line ${index + 1} ${complaint.what}`, complaint.hint)
    return edit === undefined ? [] : [edit]
  })
  for (const name of repeated(edits)) reader.problem(input, `has ${name} more than once`)
  return edits
}

const FORMS = 'Give one a line: NAME=value sets, NAME= sets to nothing, -NAME removes.'

function parseEdit(line: string): Edit | undefined {
  const at = line.indexOf('=')
  if (at > 0 && !line.startsWith('-')) return { name: line.slice(0, at).trim(), value: line.slice(at + 1).trim() }
  return /^-[^\s=]/.test(line) && at < 0 ? { name: line.slice(1), value: undefined } : undefined
}

function repeated(edits: readonly Edit[]): string[] {
  const names = edits.map(({ name }) => name)
  return [...new Set(names.filter((name, index) => names.indexOf(name) < index))]
}

function variableProblem({ name }: Edit): Complaint | undefined {
  return /^[^\s#]\S*$/.test(name) ? undefined : { what: 'has no name of a variable before the equals sign', hint: FORMS }
}

/** A secret's own text must not get into a task definition, which everybody may read who may describe it. */
function secretProblem(edit: Edit): Complaint | undefined {
  const { name, value } = edit
  if (value === undefined || variableProblem(edit) !== undefined) return variableProblem(edit)
  const isPlace = SECRET_ARN.test(value) || (PARAMETER.test(value) && !SECRET_TEXT.test(value))
  return isPlace ? undefined : { what: `does not say where ${name} is kept`, hint: PLACES }
}

const PLACES = 'Give the ARN of a Secrets Manager secret, or the name or ARN of an SSM parameter, and never the secret itself.'
const SECRET_ARN = /^arn:aws[\w-]*:(ssm:[\w-]+:\d{12}:parameter\/|secretsmanager:[\w-]+:\d{12}:secret:)\S+$/
/** Name of an SSM parameter (PutParameter). */
const PARAMETER = /^[\w./-]{1,1011}$/
/** Keys of Prefect Cloud, GitHub, AWS, Slack and the like, tokens in JSON, and long random numbers would pass for names. */
const SECRET_TEXT = /^(pn[ub]_|gh[pousr]_|github_pat_|AKIA|ASIA|xox[a-z]-|sk[-_]|eyJ|[0-9a-f]{32,}$)/

/** Tag restrictions of the Amazon ECS Developer Guide. */
function tagProblem({ name, value = '' }: Edit): Complaint | undefined {
  if (/^aws:/i.test(name)) return { what: `names ${name}, and only AWS itself sets tags that begin with aws:` }
  if (name.length > 128 || value.length > 256) return { what: 'is too long', hint: 'A key has up to 128 characters, a value up to 256.' }
  return [name, value].every((text) => /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u.test(text))
    ? undefined
    : { what: 'has a character that no tag has', hint: 'Use letters, numbers, spaces and _.:/=+-@ only.' }
}

/** Nothing may be left out without a word. */
function requireDefinition(reader: InputReader, edits: DefinitionEdits): void {
  if (reader.text('task-definition') !== undefined || reader.text('service-container-name') !== undefined) return
  for (const input of ['environment', 'secrets', 'tags'] as const) {
    if (edits[input].length === 0) continue
    reader.problem(input, 'is set without "task-definition" or "service-container-name"', 'Name the task definition it is for, or remove it.')
  }
}

function refuseBoth(reader: InputReader, { environment, secrets }: DefinitionEdits): void {
  const isSet = ({ value }: Edit) => value !== undefined
  const plain = environment.filter(isSet).map(({ name }) => name)
  for (const { name } of secrets.filter(isSet).filter((secret) => plain.includes(secret.name))) {
    reader.problem('secrets', `has ${name}, which "environment" sets as well`, 'A container has it either in plain text or from a secret.')
  }
}
