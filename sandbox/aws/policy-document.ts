/** An IAM policy document; the parts of the language that the documented policies use, nothing is ignored. */
export type PolicyDocument = { readonly Version: '2012-10-17'; readonly Statement: readonly Statement[] }

export type Statement = {
  readonly Sid?: string
  readonly Effect: 'Allow' | 'Deny'
  readonly Principal?: { readonly Federated: string }
  readonly Action: string | readonly string[]
  /** Absent in trust policies. */
  readonly Resource?: string | readonly string[]
  readonly Condition?: { readonly [operator: string]: Readonly<Record<string, string | readonly string[]>> }
}

/** What a call asks for: one action on one resource; `context` holds the condition keys that AWS sets for it. */
export type Grant = { readonly action: string; readonly resource: string; readonly context?: Context }
export type Context = Readonly<Record<string, string>>

export type Verdict = 'allowed' | 'denied' | 'not allowed'

/** IAM's evaluation: an explicit deny wins, then any allow, else nothing is allowed. */
export function evaluate({ Statement }: PolicyDocument, { action, resource, context = {} }: Grant): Verdict {
  const applying = Statement.filter(
    (statement) =>
      list(statement.Action).some((pattern) => matches(pattern.toLowerCase(), action.toLowerCase())) &&
      list(statement.Resource ?? '*').some((pattern) => matches(pattern, resource)) &&
      conditionsHold(statement, context),
  )
  if (applying.some(({ Effect }) => Effect === 'Deny')) return 'denied'
  return applying.length > 0 ? 'allowed' : 'not allowed'
}

/** @throws Error when the document uses an operator that the simulator does not evaluate. */
export function checkPolicy({ Statement }: PolicyDocument): void {
  for (const operator of Statement.flatMap(({ Condition = {} }) => Object.keys(Condition))) {
    if (!(operator in OPERATORS)) throw new Error(`The simulator does not evaluate the condition operator ${operator}`)
  }
}

/** Whether all conditions of the statement hold in this context; a key that the context lacks fails its condition. */
function conditionsHold({ Condition = {} }: Statement, context: Context): boolean {
  return Object.entries(Condition).every(([operator, keys]) =>
    Object.entries(keys).every(([key, values]) => OPERATORS[operator]?.(list(values), valueOf(context, key)) ?? false),
  )
}

type Operator = (patterns: readonly string[], value: string | undefined) => boolean

const OPERATORS: Readonly<Record<string, Operator>> = {
  StringEquals: (patterns, value) => value !== undefined && patterns.includes(value),
  StringNotEquals: (patterns, value) => value === undefined || !patterns.includes(value),
  StringLike: isLike,
  StringNotLike: (patterns, value) => !isLike(patterns, value),
  ArnEquals: isLike,
  ArnLike: isLike,
}

function isLike(patterns: readonly string[], value: string | undefined): boolean {
  return value !== undefined && patterns.some((pattern) => matches(pattern, value))
}

/** IAM's wildcards: `*` any text, `/` and `:` included, which file globs do not cross; `?` one character. */
function matches(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, 's').test(text)
}

/** Condition keys are case-insensitive. */
function valueOf(context: Context, key: string): string | undefined {
  return Object.entries(context).find(([name]) => name.toLowerCase() === key.toLowerCase())?.[1]
}

function list(value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? [value] : value
}
