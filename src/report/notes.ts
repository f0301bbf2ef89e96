import type { PlanWarning, ReleasePlan } from '../release-plan.ts'
import { pageOf } from './doc-pages.ts'
import { failureBlocks } from './failure.ts'
import { counted, impactLines } from './impact.ts'
import { listed } from './level.ts'
import type { Level } from './level.ts'
import { bullets, code, cut, link, plain } from './markdown.ts'
import type { Report } from './report.ts'
import { shortCommit, shortRevision } from './short-names.ts'
import { describeStep } from './step-lines.ts'

/** What makes the plan less than the whole truth, before anything else: an older commit, parts that were not looked at. */
export function caveats({ plan, run, newerCommit }: Report, level: Level): string[] {
  const older = newerCommit === undefined ? [] : [
    `⚠️ **This plan is for ${shortCommit(run.commit)}, the pull request is at ${shortCommit(newerCommit)}.**`,
  ]
  const omissions = plan.omissions.map(({ what, reason }) =>
    `⚠️ **Left out**: ${plain(what, level.text)}, because ${plain(reason, level.text)}`)
  return [...older, ...(omissions.length === 0 ? [] : [bullets(listed(omissions, level))])]
}

/** Why the release failed, and what of it stays. */
export function failureNotes({ plan, outcome }: Report, level: Level): string[] {
  if (outcome.failure === undefined) return []
  const { image, revisions, serviceStatus, steps = [] } = outcome
  const name = (text: string) => code(text, level.text)
  const registered = plan.taskDefinitions.flatMap(({ action, family }) => (action === 'register' ? (revisions[family] ?? []) : []))
  const stays = [
    ...(image?.built === true ? [`pushed the image ${code(image.reference, level.text)}`] : []),
    ...listed(steps.filter(({ action }) => action !== 'skip').map((step) => describeStep(step, { name, isDone: true })), level),
    ...listed(registered.map((arn) => `registered ${code(shortRevision(arn), level.text)}`), level),
    ...(serviceStatus === 'rolled' || serviceStatus === 'started' ? ['moved the worker service, which stays on its new revision'] : []),
  ]
  const failure = failureBlocks(outcome.failure, level.name === 'counts' ? 'short' : 'whole')
  if (stays.length === 0) return [...failure, 'Nothing that this run wrote is left, but for what is named here.']
  return [...failure, `What this run wrote and is left:\n\n${bullets(stays)}`]
}

/** Which parts of the approved plan no longer held. */
export function deviationNotes({ deviations }: Report, level: Level): string[] {
  if (deviations.length === 0) return []
  return [`### Not as planned on the pull request\n\n${bullets(listed(deviations.map((text) => plain(text, level.text)), level))}`]
}

export function impactNotes({ plan }: Report, level: Level): string[] {
  const wording = { name: (name: string) => code(name, level.text), most: Math.min(level.items, 20) }
  const lines = impactLines(plan, wording).map((line) => line.replace(/^(⚠️ )?[a-z]/, (start) => start.toUpperCase()))
  return lines.length === 0 ? [] : [`### ${plan.dryRun ? 'Impact' : 'Impact, as it was planned'}\n\n${bullets(lines)}`]
}

export function warningNotes({ warnings }: ReleasePlan, level: Level): string[] {
  if (warnings.length === 0) return []
  return [`### ${counted(warnings.length, 'warning')}\n\n${bullets(listed(warnings.map((warning) => warningNote(warning, level)), level))}`]
}

function warningNote({ code: name, message, hint, file, line }: PlanWarning, { text }: Level): string {
  const place = file === undefined ? '' : ` ${code(`${cut(file, text)}${line === undefined ? '' : `:${line}`}`)}`
  return `⚠️ ${link(code(name), pageOf('warnings', name))}${place}: ${plain(`${cut(message, text)}. ${cut(hint, text)}`)}`
}

/** What the server has and the file has not; nothing of it is touched. */
export function unlistedNotes({ unlisted, rollback }: ReleasePlan, level: Level): string[] {
  if (unlisted.length === 0) return []
  const notes = unlisted.map((each) => unlistedNote(each, level))
  return [`### On the server, not in the ${rollback === null ? 'file' : 'record'}\n\nReported, never touched.\n\n${bullets(listed(notes, level))}`]
}

function unlistedNote({ name, url, active, renamedTo }: ReleasePlan['unlisted'][number], { text }: Level): string {
  const page = link(code(name, text), url)
  const state = active ? 'has an active schedule' : 'starts nothing by itself'
  if (renamedTo === null) return `${page} ${state}`
  const twice = active ? ': ⚠️ both would run until the old one is paused or deleted' : ''
  return `${page} → ${code(renamedTo, text)}, probably renamed; the old one ${state}${twice}`
}
