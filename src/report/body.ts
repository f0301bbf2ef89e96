import { deploymentDetails } from './deployment-details.ts'
import { layerDetails, layerTable } from './layers.ts'
import type { Level } from './level.ts'
import { code, link } from './markdown.ts'
import { caveats, deviationNotes, failureNotes, impactNotes, unlistedNotes, warningNotes } from './notes.ts'
import type { Report } from './report.ts'
import { shortCommit } from './short-names.ts'
import { verdict } from './verdict.ts'

/**
 * The report as blocks of Markdown, the most important first: what the comment and the job summary have in common.
 * @param beforeDetails blocks of the one that the other has not.
 */
export function reportBlocks(report: Report, level: Level, beforeDetails: readonly string[] = []): string[] {
  const { plan } = report
  const [title = '', sentence = ''] = verdict(report, level)
  return [
    title,
    ...caveats(report, level),
    sentence,
    ...failureNotes(report, level),
    layerTable(report, level),
    ...deviationNotes(report, level),
    ...impactNotes(report, level),
    ...warningNotes(plan, level),
    ...unlistedNotes(plan, level),
    ...beforeDetails,
    ...changeBlocks(report, level),
  ]
}

function changeBlocks(report: Report, level: Level): string[] {
  const blocks = [...layerDetails(report, level), ...deploymentDetails(report, level)]
  return blocks.length === 0 ? [] : ['### Details', ...blocks]
}

/** What of the report the level leaves out. */
const SHORTENED = {
  full: undefined,
  names: 'Unchanged deployments are listed by name only',
  changes: 'Unchanged deployments are left out',
  counts: 'Only counts are shown',
}

/** Where it comes from, and where the rest of it is. */
export function footer({ plan, run: { commit, runUrl } }: Report, { name }: Level): string {
  const { [name]: shortened } = SHORTENED
  const rest = shortened === undefined ? [] : [
    `${shortened}, as the whole is too long for this place: see the ${link('job summary', runUrl)} and ${code('plan.json')}.`,
  ]
  const origin = [`plan ${code(plan.hash)}`, `commit ${shortCommit(commit)}`, ...(runUrl === undefined ? [] : [link('run', runUrl)])]
  return [...rest, `<sub>${origin.join(' · ')}</sub>`].join('\n\n')
}
