/** What GitHub makes of a step's output: the log people see, the annotations, the masks. */
import { mask, maskedForms } from './masks.ts'
import { parseWorkflowCommand } from './workflow-command.ts'
import type { WorkflowCommand } from './workflow-command.ts'

export type Annotation = {
  readonly level: 'error' | 'warning' | 'notice'
  readonly message: string
  readonly title?: string
  readonly file?: string
  readonly line?: number
  readonly column?: number
}

export type StepLog = { readonly log: string; readonly annotations: readonly Annotation[]; readonly masks: ReadonlySet<string> }

const ANNOTATION_LIMIT = 4096

type Reading = { readonly shown: string[]; readonly annotations: Annotation[]; readonly masks: Set<string>; paused: string | undefined }

/** Lines in their order: a mask hides what comes after it, as on GitHub, and nothing before. */
export function readLog(lines: readonly string[], secrets: readonly string[]): StepLog {
  const reading: Reading = { shown: [], annotations: [], masks: new Set(secrets.flatMap(maskedForms)), paused: undefined }
  for (const line of lines) readLine(line, reading)
  return { log: reading.shown.join('\n'), annotations: reading.annotations, masks: reading.masks }
}

function readLine(line: string, reading: Reading): void {
  const command = parseWorkflowCommand(line)
  if (reading.paused !== undefined && command?.name === reading.paused) reading.paused = undefined
  else if (command === undefined || reading.paused !== undefined) show(line, reading)
  else obey(command, line, reading)
}

function obey(command: WorkflowCommand, line: string, reading: Reading): void {
  switch (command.name) {
    case 'add-mask':
      for (const form of maskedForms(command.data)) reading.masks.add(form)
      return
    case 'stop-commands':
      reading.paused = command.data
      return
    case 'error': case 'warning': case 'notice':
      reading.annotations.push(annotate(command.name, command, reading.masks))
      show(`##[${command.name}]${command.data}`, reading)
      return
    case 'group': case 'debug':
      show(`##[${command.name}]${command.data}`, reading)
      return
    case 'endgroup':
      show('##[endgroup]', reading)
      return
    default:
      show(line, reading)
  }
}

function show(text: string, { shown, masks }: Reading): void {
  shown.push(mask(text, masks))
}

function annotate(level: Annotation['level'], { properties, data }: WorkflowCommand, masks: ReadonlySet<string>): Annotation {
  const { title, file, line, col } = properties
  return {
    level,
    message: mask(data, masks).slice(0, ANNOTATION_LIMIT),
    ...(title !== undefined && { title }),
    ...(file !== undefined && { file }),
    ...(line !== undefined && { line: Number(line) }),
    ...(col !== undefined && { column: Number(col) }),
  }
}
