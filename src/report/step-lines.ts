import type { PlannedStep, ReleasePlan } from '../release-plan.ts'
import { withWords } from './change.ts'
import { counted } from './impact.ts'
import { cut } from './markdown.ts'

/** How commands and targets, which are not the report's own words, are written; and whether it is done. */
export type StepWording = { readonly name: (text: string) => string; readonly isDone: boolean }

/** What a step does, or has done: ``runs `make sdist` ``, `copies 3 of 120 files to s3://bucket/folder`. */
export function describeStep({ action, step, script, target, files }: PlannedStep, { name, isDone }: StepWording): string {
  if (action === 'run') return `${isDone ? 'ran' : 'runs'} ${name(script === null ? lastName(step) : firstLine(script))}`
  const { changed, total } = sizeOf(files)
  const place = name(withWords(target ?? lastName(step)))
  if (action === 'skip') return `${total === 1 ? 'the only file is' : `all ${total} files are`} in ${place} already`
  const copied = changed === total ? counted(total, 'file') : `${changed} of ${counted(total, 'file')}`
  return `${isDone ? 'copied' : 'copies'} ${files === null ? 'files' : copied} to ${place}`
}

/** How many scripts run, how many copies there are, and how many files they copy: undefined where that is not known of all. */
export function stepCounts({ steps }: Pick<ReleasePlan, 'steps'>): StepCounts {
  const copies = steps.filter(({ action }) => action === 'push')
  return {
    scripts: steps.filter(({ action }) => action === 'run').length,
    copies: copies.length,
    copied: copies.some(({ files }) => files === null) ? undefined : copies.reduce((sum, { files }) => sum + sizeOf(files).changed, 0),
  }
}

export type StepCounts = { readonly scripts: number; readonly copies: number; readonly copied: number | undefined }

function sizeOf(files: PlannedStep['files']): { readonly changed: number; readonly total: number } {
  const { changed = 0, unchanged = 0 } = files ?? {}
  return { changed, total: changed + unchanged }
}

/** `run_shell_script` of its full name. */
function lastName(step: string): string {
  return step.slice(step.lastIndexOf('.') + 1)
}

const LONGEST_COMMAND = 80

/** The first of the script's commands. */
function firstLine(script: string): string {
  const [line = '', ...more] = script.trim().split(/\r?\n/)
  return `${cut(line, LONGEST_COMMAND)}${more.length > 0 ? ' …' : ''}`
}
