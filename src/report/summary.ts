import { footer, reportBlocks } from './body.ts'
import { fitting } from './level.ts'
import { phaseTable } from './phases.ts'
import type { Report } from './report.ts'

/** GitHub's limit of a step's job summary, which the line end after it counts for too: 1 MiB. */
const MOST_BYTES = 1_048_576 - 2

/** The job summary: what the comment says, with the run's timeline. */
export function formatSummary(report: Report): string {
  const phases = report.phases.length === 0 ? [] : [`### Timeline\n\n${phaseTable(report.phases)}`]
  return fitting(
    (level) => [...reportBlocks(report, level, phases), footer(report, level)].join('\n\n') + '\n',
    (text) => Buffer.byteLength(text) <= MOST_BYTES,
  )
}
