import type { Phase } from '../inputs/run-context.ts'
import { code, plain, table } from './markdown.ts'

const WIDTH = 30

/** When the phases of the run began and how long they took, one after the other. */
export function phaseTable(phases: readonly Phase[]): string {
  const total = phases.reduce((sum, { milliseconds }) => sum + milliseconds, 0)
  const rows = phases.map(({ title, milliseconds }, index) => {
    const start = phases.slice(0, index).reduce((sum, phase) => sum + phase.milliseconds, 0)
    return [plain(title, 80), seconds(milliseconds), code(bar(start, milliseconds, total))]
  })
  return table(['phase', 'time', 'timeline'], [...rows, ['all', seconds(total), '']])
}

function bar(start: number, milliseconds: number, total: number): string {
  const cell = (time: number) => (total === 0 ? 0 : Math.round((time / total) * WIDTH))
  const from = Math.min(cell(start), WIDTH - 1)
  const to = Math.max(from + 1, cell(start + milliseconds))
  return `${'·'.repeat(from)}${'█'.repeat(to - from)}${'·'.repeat(WIDTH - to)}`
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`
}
