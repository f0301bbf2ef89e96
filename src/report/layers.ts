import type { PlannedTaskDefinition, ReleasePlan } from '../release-plan.ts'
import { diffLine } from './change.ts'
import { describeTags, tagDiff } from './image-tags.ts'
import { counted, series } from './impact.ts'
import type { Level } from './level.ts'
import { code, cut, details, fenced, htmlCode, plain, table } from './markdown.ts'
import { stateOf } from './report.ts'
import type { Report } from './report.ts'
import { shortImage, shortRevision, shortTag } from './short-names.ts'
import { describeStep } from './step-lines.ts'
import { countsOf } from './verdict.ts'
import { describeWorkPools, workPoolDetails } from './work-pools.ts'

const ACTIONS = {
  planned: {
    build: '**build**', reuse: 'reuse', use: 'use', register: '**register**', roll: '**restart**', run: '**run**', push: '**copy**',
    create: '**create**', update: '**change**',
  },
  applied: {
    build: '**built**', reuse: 'reused', use: 'used', register: '**registered**', roll: '**rolled**', run: '**ran**', push: '**copied**',
    create: '**created**', update: '**changed**',
  },
}
const IN_BOTH = { unchanged: 'unchanged', leave: 'left alone', unknown: 'not known' }

/** On one line in a narrow table. */
const TASK_DEFINITION = 'Task&nbsp;definition'
const SERVICE = 'Worker&nbsp;service'
const WORK_POOLS = 'Work&nbsp;pools'

type Layer = { readonly report: Report; readonly level: Level; readonly words: Readonly<Record<string, string>> }

/** The layers in one table, in the order of their writes; without steps and work pools, which few releases have, when there are none. */
export function layerTable(report: Report, level: Level): string {
  const words = { ...ACTIONS[stateOf(report) === 'applied' ? 'applied' : 'planned'], ...IN_BOTH }
  const layer = { report, level, words }
  return table(['layer', 'action', 'what'], [
    imageRow(layer), ...stepsRow(layer), ...taskDefinitionRows(layer), serviceRow(layer), ...workPoolsRow(layer), deploymentsRow(layer),
  ])
}

function imageRow({ report, level, words }: Layer): string[] {
  const { plan: { image }, outcome } = report
  const reference = outcome.image?.reference ?? image.reference
  const name = reference === null ? `${shortImage(image.repository)}:${shortTag(image.tag ?? '')}` : shortImage(reference)
  const later = image.action === 'build' && reference === null ? ', digest known after push' : ''
  const repository = image.createsRepository ? ', in a **new repository**' : ''
  const tags = describeTags(image, { name: (text) => code(text, level.text), most: level.name === 'counts' ? 2 : 5 })
  return ['Image', words[image.action] ?? image.action, `${code(name, level.text)}${later}${repository}${tags === undefined ? '' : `; **tags** ${tags}`}`]
}

function stepsRow({ report, level, words }: Layer): string[][] {
  const { steps } = report.plan
  const [kind] = (['run', 'push'] as const).filter((action) => steps.some((step) => step.action === action))
  const wording = { name: (text: string) => code(text, level.text), isDone: stateOf(report) === 'applied' }
  const told = steps.map((step) => describeStep(step, wording))
  return steps.length === 0 ? [] : [['Steps', kind === undefined ? 'unchanged' : (words[kind] ?? kind), series(told, level.name === 'counts' ? 2 : 5)]]
}

function taskDefinitionRows({ report, level, words }: Layer): string[][] {
  const { image, taskDefinitions } = report.plan
  if (taskDefinitions.length === 0) return [[TASK_DEFINITION, ...absent(image, 'deployments carry the image themselves')]]
  const rows = taskDefinitions.slice(0, level.items).map((each) => taskDefinitionRow(each, { report, level, words }))
  const rest = taskDefinitions.length - rows.length
  return rest === 0 ? rows : [...rows, [TASK_DEFINITION, '', `and ${rest} more`]]
}

function taskDefinitionRow({ action, family, previousArn, changes, arn: known }: PlannedTaskDefinition, { report: { outcome }, level, words }: Layer): string[] {
  const arn = outcome.revisions[family] ?? known
  const live = previousArn === null ? 'first revision' : `after ${code(shortRevision(previousArn), level.text)}`
  const later = `${code(family, level.text)}, ${action === 'unknown' ? 'not compared' : live}`
  const revision = arn === null ? later : code(shortRevision(arn), level.text)
  const fields = action !== 'register' || previousArn === null ? '' : `: ${fieldNames(changes, level)}`
  return [TASK_DEFINITION, words[action] ?? action, `${revision}${fields}`]
}

/** Where AWS was not asked, nothing can be told of what is there alone. */
function absent({ action }: ReleasePlan['image'], reason: string): [string, string] {
  return action === 'unknown' ? ['not known', 'left out'] : ['none', reason]
}

/** The fields that change: by name while they are few. */
function fieldNames(changes: readonly { readonly path: string }[], level: Level): string {
  if (changes.length > 4) return counted(changes.length, 'change')
  return changes.map(({ path }) => code(path.replace(/^containerDefinitions\./, ''), level.text)).join(', ')
}

function serviceRow({ report, level, words }: Layer): string[] {
  const { image, service } = report.plan
  if (service === null) return [SERVICE, ...absent(image, 'no `service` is given')]
  const { action, cluster, restartsWorker, from, reason } = service
  const name = code(`${cluster}/${service.service}`, level.text)
  const word = action === 'roll' && !restartsWorker ? '**move**' : (words[action] ?? action)
  const isMoved = action === 'roll' && stateOf(report) === 'applied'
  const about = isMoved ? `ran ${code(shortRevision(from), level.text)} before` : plain(reason, level.text * 2)
  return [SERVICE, word, `${name} ${about}`]
}

function workPoolsRow({ report: { plan: { workPools } }, level, words }: Layer): string[][] {
  const [kind = 'unchanged'] = (['update', 'create'] as const).filter((action) => workPools.some((pool) => pool.action === action))
  return workPools.length === 0 ? [] : [[WORK_POOLS, words[kind] ?? kind, describeWorkPools(workPools, level)]]
}

function deploymentsRow({ report, level }: Layer): string[] {
  const { deployments } = report.plan
  const written = deployments.filter(({ action }) => action === 'create' || action === 'update')
  const names = series(written.map(({ name }) => code(name, level.text)), 5)
  const action = stateOf(report) === 'applied' ? '**changed**' : '**change**'
  if (written.length > 0) return ['Deployments', action, `${written.length} of ${deployments.length}: ${names}`]
  return ['Deployments', countsOf(report.plan, false), deployments.length === 0 ? 'none is selected' : `of the ${report.plan.rollback === null ? 'Prefect file' : 'record'}`]
}

/** Field by field what differs above the deployments, and the full names of what the table shortens. */
export function layerDetails({ plan, outcome }: Report, level: Level): string[] {
  const { image, taskDefinitions, service, workPools } = plan
  const tags = tagDiff(outcome.image === undefined ? image : { ...image, reference: outcome.image.reference }, level.text)
  const diffs = [
    ...(tags.length === 0 ? [] : [details(`Image: ${counted(tags.length, 'tag')}`, fenced('diff', tags))]),
    ...taskDefinitions.flatMap(({ family, previousArn, changes }) =>
      difference(taskDefinitions.length === 1 ? 'Task definition' : `Task definition ${htmlCode(family, level.text)}`, previousArn === null ? [] : changes, level)),
    ...difference('Worker service', service?.changes, level),
    ...workPoolDetails(workPools, level),
  ]
  const reference = outcome.image?.reference ?? image.reference
  const names = [
    ...(reference === null ? [] : [`image ${reference}`]),
    ...(reference !== null || image.tag === null ? [] : [`image ${image.repository}:${image.tag}`]),
    ...(image.fingerprint === null ? [] : [`fingerprint ${image.fingerprint}`]),
    ...taskDefinitions.flatMap(({ family, arn: known }) => {
      const arn = outcome.revisions[family] ?? known
      return arn === null ? [] : [`task definition ${arn}`]
    }),
  ]
  const full = names.length === 0 ? [] : [details('Full names', fenced('text', names.map((name) => cut(name, level.text))))]
  return level.name === 'counts' ? [] : [...diffs, ...full]
}

type Changes = PlannedTaskDefinition['changes'] | undefined

function difference(title: string, changes: Changes = [], level: Level): string[] {
  if (changes.length === 0) return []
  return [details(`${title}: ${counted(changes.length, 'change')}`, fenced('diff', changes.map((change) => diffLine(change, level.text))))]
}
