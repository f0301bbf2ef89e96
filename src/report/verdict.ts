import { hasChanges } from '../release.ts'
import type { ReleasePlan } from '../release-plan.ts'
import { writtenTags } from './image-tags.ts'
import { counted, series } from './impact.ts'
import type { Level } from './level.ts'
import { code, link } from './markdown.ts'
import { stateOf } from './report.ts'
import type { Report } from './report.ts'
import { shortImage } from './short-names.ts'
import { stepCounts } from './step-lines.ts'

/** What happens, or has happened, to how many deployments: `1 to create, 4 to update, 115 unchanged`. */
export function countsOf({ deployments }: ReleasePlan, isDone: boolean): string {
  if (deployments.length === 0) return 'no deployments'
  const count = (action: string) => deployments.filter((each) => each.action === action).length
  const words = isDone ? { create: 'created', update: 'updated' } : { create: 'to create', update: 'to update' }
  const parts = [
    [count('create'), words.create], [count('update'), words.update], [count('unchanged'), 'unchanged'], [count('unknown'), 'not known'],
  ] as const
  return parts.filter(([number]) => number > 0).map(([number, word]) => `${number} ${word}`).join(', ')
}

const TITLES = { planned: 'Prefect plan', applied: '✅ Prefect release', failed: '❌ Prefect release' }

/** Heading with the counts, and one sentence that says it all. */
export function verdict(report: Report, level: Level): string[] {
  const { plan } = report
  const state = stateOf(report)
  const counts = state === 'failed' ? 'failed' : countsOf(plan, state === 'applied')
  return [`## ${TITLES[state]} ${code(plan.name, level.text)}: ${counts}`, sentence(report, level)]
}

function sentence(report: Report, level: Level): string {
  const { plan, run, at, outcome } = report
  if (outcome.failure !== undefined) return `**Failed** ${madeBy(at, run.runUrl)}.`
  const unknown = unknownParts(plan)
  const rest = unknown.length === 0 ? '' : ` Not known here: what it does to ${and(unknown)}.`
  if (!plan.dryRun) {
    const done = effects(plan, DONE, level)
    return `**Applied** ${madeBy(at, run.runUrl)}: ${done.length === 0 ? 'there was nothing to change' : and(done)}.`
  }
  const subject = run.pullRequest === undefined ? 'Applying this' : 'Merging this'
  const parts = effects(plan, PLANNED, level)
  if (parts.length > 0) return `${subject} ${and(parts)}.${rest}`
  return unknown.length === 0 ? `${subject} **changes nothing**: everything is as the ${plan.rollback === null ? 'project' : 'record'} says.` : rest.trimStart()
}

type Verbs = { readonly [verb in 'goBack' | 'tag' | 'build' | 'use' | 'register' | 'restart' | 'roll' | 'run' | 'copy' | 'create' | 'update']: string }
const PLANNED: Verbs = {
  goBack: 'goes', tag: 'tags', build: 'builds', use: 'takes', register: 'registers', restart: 'restarts', roll: 'moves', run: 'runs', copy: 'copies',
  create: 'creates', update: 'updates',
}
const DONE: Verbs = {
  goBack: 'went', tag: 'tagged', build: 'built', use: 'took', register: 'registered', restart: 'restarted', roll: 'moved', run: 'ran', copy: 'copied',
  create: 'created', update: 'updated',
}

function effects(plan: ReleasePlan, verbs: Verbs, { text }: Level): string[] {
  const { image, taskDefinitions, service, workPools, deployments } = plan
  const rolled = service?.restartsWorker === true ? `**${verbs.restart} the worker**` : `${verbs.roll} the worker service`
  const rollback = plan.rollback !== null && hasChanges(plan) ? [`**${verbs.goBack} back to** ${code(plan.rollback.record, text)}`] : []
  const tags = writtenTags(image.tags).map(({ tag }) => code(tag, text))
  const given = image.tag ?? shortImage(image.reference ?? '')
  return [
    ...rollback,
    ...(image.createsRepository ? [`**${verbs.create} the ECR repository** ${code(shortImage(image.repository), text)}`] : []),
    ...(image.action === 'build' ? [`**${verbs.build} the image**`] : []),
    ...(image.action === 'use' && plan.rollback === null && hasChanges(plan) ? [`${verbs.use} the given image ${code(given, text)}`] : []),
    ...stepEffects(plan, verbs),
    ...revisionEffects(taskDefinitions, verbs, text),
    ...(service?.action === 'roll' ? [rolled] : []),
    ...writtenOf(workPools, 'work pool', verbs),
    ...writtenOf(deployments, 'deployment', verbs),
    ...(tags.length === 0 ? [] : [`**${verbs.tag} the image** ${series(tags, 5)}`]),
  ]
}

function revisionEffects(taskDefinitions: ReleasePlan['taskDefinitions'], verbs: Verbs, text: number): string[] {
  const families = taskDefinitions.filter(({ action }) => action === 'register').map(({ family }) => code(family, text))
  if (families.length === 0) return []
  return [`**${verbs.register} ${families.length === 1 ? 'a revision' : 'revisions'}** of ${series(families, 5)}`]
}

function stepEffects(plan: ReleasePlan, verbs: Verbs): string[] {
  const { scripts, copies, copied } = stepCounts(plan)
  return [
    ...(scripts > 0 ? [`${verbs.run} ${counted(scripts, 'script')}`] : []),
    ...(copies > 0 ? [`**${verbs.copy} ${copied === undefined ? 'files' : counted(copied, 'file')} to S3**`] : []),
  ]
}

function writtenOf(parts: readonly { readonly action: string }[], thing: string, verbs: Verbs): string[] {
  const count = (action: string) => parts.filter((each) => each.action === action).length
  const written = (['create', 'update'] as const).filter((action) => count(action) > 0).map((action) => `${verbs[action]} ${count(action)}`)
  return written.length === 0 ? [] : [`**${written.join(' and ')} of ${counted(parts.length, thing)}**`]
}

function unknownParts({ image, taskDefinitions, deployments }: ReleasePlan): string[] {
  const countOf = (parts: readonly { readonly action: string }[]) => parts.filter(({ action }) => action === 'unknown').length
  const [unknown, definitions] = [countOf(deployments), countOf(taskDefinitions)]
  return [
    ...(image.action === 'unknown' ? ['the image'] : []),
    ...(definitions > 0 ? [definitions === 1 ? 'the task definition' : counted(definitions, 'task definition')] : []),
    ...(unknown > 0 ? [counted(unknown, 'deployment')] : []),
  ]
}

/** When and by which run: `on 24 Nov 2026, 15:00 UTC by this run`. */
export function madeBy(at: Date, runUrl: string | undefined): string {
  const time = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' }).format(at)
  return `on ${time} UTC${runUrl === undefined ? '' : ` by ${link('this run', runUrl)}`}`
}

function and(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1) ?? ''}`
}
