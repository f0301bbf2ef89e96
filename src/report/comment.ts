import type { Failure } from '../errors.ts'
import type { RunContext } from '../inputs/run-context.ts'
import { footer, reportBlocks } from './body.ts'
import { failureBlocks } from './failure.ts'
import { fitting } from './level.ts'
import { code } from './markdown.ts'
import { failedRecord, formatRecord, readRecord, recordOf, withoutRecord } from './plan-record.ts'
import type { Report } from './report.ts'
import { shortCommit } from './short-names.ts'
import { madeBy } from './verdict.ts'

/** GitHub's limit of a comment: 65,536 characters, kept in a column of 262,144 bytes. */
const MOST_CHARACTERS = 65_536
const MOST_BYTES = 262_144

/** The sticky comment of a pull request: its record, unseen, then as much of the report as a comment holds. */
export function formatComment(report: Report): string {
  const record = formatRecord(recordOf(report))
  return fitting((level) => [record, ...reportBlocks(report, level), footer(report, level)].join('\n\n') + '\n', fitsComment)
}

export type PlanFailure = {
  readonly name: string
  readonly run: RunContext
  readonly failure: Failure
  readonly at: Date
  /** Text of the comment that there is already. */
  readonly earlier: string | undefined
}

/** Says that a plan could not be made; the last one that was made stays below. */
export function formatFailureComment({ name, run, failure, at, earlier }: PlanFailure): string {
  const blocks = (length: 'whole' | 'short') => [
    formatRecord(failedRecord(name, run.commit, failure.message)),
    `## ❌ Prefect plan ${code(name, 200)} failed`,
    `The plan of ${shortCommit(run.commit)} could not be made ${madeBy(at, run.runUrl)}.`,
    ...failureBlocks(failure, length),
  ].join('\n\n')
  const whole = blocks('whole')
  const kept = earlier === undefined ? undefined : lastPlan(earlier)
  const texts = kept === undefined ? [whole] : [[whole, EARLIER, kept].join('\n\n'), whole]
  return texts.find(fitsComment) ?? blocks('short')
}

/** Begins what is kept of an earlier comment; no block can hold this line, as `fenced` breaks comments. */
const EARLIER = '<!-- prefect-ecs-deploy earlier -->'

/** The plan that a comment shows, under a line that says of which commit; what a failure has kept is kept on. */
function lastPlan(body: string): string | undefined {
  const lines = body.split(/\r?\n/)
  const start = lines.indexOf(EARLIER)
  if (start >= 0) return lines.slice(start + 1).join('\n').trim()
  const record = readRecord(body)
  if (record === undefined || record.hash === '') return undefined
  return `---\n\n⚠️ **What follows is for the older commit ${shortCommit(record.commit)}.**\n\n${withoutRecord(body).trim()}`
}

function fitsComment(text: string): boolean {
  return text.length <= MOST_CHARACTERS && Buffer.byteLength(text) <= MOST_BYTES
}
