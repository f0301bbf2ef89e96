/** Workflow commands: what a step says to its runner on standard output. */

export type WorkflowCommand = { readonly name: string; readonly properties: Readonly<Record<string, string>>; readonly data: string }

/** `::name key=value,key=value::data` at the start of a line; anything else is plain log. */
export function parseWorkflowCommand(line: string): WorkflowCommand | undefined {
  const match = /^\s*::([a-z-]+)(?: ([^\n]*?))?::(.*)$/s.exec(line)
  if (match === null) return undefined
  const [, name = '', properties = '', data = ''] = match
  return { name, properties: parseProperties(properties), data: unescapeData(data) }
}

function parseProperties(text: string): Record<string, string> {
  const pairs = text.split(',').map((pair) => pair.split('=')).filter(([key, ...value]) => key !== '' && value.length > 0)
  return Object.fromEntries(pairs.map(([key = '', ...value]) => [key.trim(), unescapeProperty(value.join('='))]))
}

function unescapeData(text: string): string {
  return text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%')
}

function unescapeProperty(text: string): string {
  return unescapeData(text.replaceAll('%3A', ':').replaceAll('%2C', ','))
}
