import { hasChanges } from '../release.ts'
import type { Outcome, PlanChange, PlanValue, ReleasePlan } from '../release.ts'
import { code, plain, table } from './markdown.ts'

/** Longest text of a value that a table cell shows. */
const LONGEST_VALUE = 120

/** The job summary: a verdict, one table of the four layers, one of the deployments, the warnings. */
export function formatSummary(plan: ReleasePlan, outcome: Outcome): string {
  return [
    `## Prefect release ${code(plan.name)}`,
    verdict(plan, outcome),
    table(['layer', 'action', 'what'], layerRows(plan, outcome)),
    `### Deployments`,
    plan.deployments.length === 0 ? 'None.' : table(['deployment', 'action', 'changes'], deploymentRows(plan, outcome)),
    ...(plan.warnings.length === 0 ? [] : [`### Warnings`, plan.warnings.map(({ code: name, message, hint }) => `- ${code(name)} ${plain(`${message}. ${hint}`)}`).join('\n')]),
    `Plan ${code(plan.hash)}`,
  ].join('\n\n') + '\n'
}

/** One line a decision, for the log. */
export function formatPlanLines(plan: ReleasePlan): string[] {
  return [
    `image: ${plan.image.action} ${plan.image.reference ?? `${plan.image.repository}:${plan.image.tag ?? ''} (digest known after push)`}`,
    ...(plan.taskDefinition === null ? [] : [
      `task definition: ${plan.taskDefinition.action} ${plan.taskDefinition.arn ?? plan.taskDefinition.family}`,
      ...plan.taskDefinition.changes.map((change) => `  ${formatChange(change)}`),
    ]),
    ...(plan.service === null ? [] : [
      `service: ${plan.service.action} ${plan.service.cluster}/${plan.service.service} (${plan.service.reason})`,
      ...plan.service.changes.map((change) => `  ${formatChange(change)}`),
    ]),
    ...plan.deployments.flatMap(({ name, action, changes }) => [
      `deployment: ${action} ${name}`,
      ...(action === 'update' ? changes.map((change) => `  ${formatChange(change)}`) : []),
    ]),
  ].map((line) => line.replace(/\s*[\r\n]+\s*/g, ' ')) // a line of its own could be a command to the runner
}

/** `path: before → after`, each cut to a readable length. */
export function formatChange({ path, before, after }: PlanChange): string {
  return `${path}: ${formatValue(before)} → ${formatValue(after)}`
}

/** A value for people: results of later layers and hidden values in words. */
export function formatValue(value: PlanValue | undefined): string {
  if (value === undefined) return '(none)'
  const shown = words(value)
  const text = typeof shown === 'string' ? shown : JSON.stringify(shown)
  // The cut must not leave half of a character that takes two code units.
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE).replace(/[\uD800-\uDBFF]$/, '')}…` : text
}

/** The value with words for what it does not say. */
function words(value: PlanValue): unknown {
  return JSON.parse(JSON.stringify(value, (_, item: unknown) => {
    if (item === null || typeof item !== 'object') return item
    if ('$sensitive' in item) return '(hidden)'
    if ('$knownAfter' in item) {
      const words = item.$knownAfter === 'image' ? '(known after push)' : '(known after registration)'
      return 'text' in item && typeof item.text === 'string' ? item.text.replaceAll(/\{(image|taskDefinition)\}/g, words) : words
    }
    return item
  }))
}

function verdict(plan: ReleasePlan, { failure }: Outcome): string {
  const count = (action: string) => plan.deployments.filter((each) => each.action === action).length
  const counts = `${count('create')} to create, ${count('update')} to update, ${count('unchanged')} unchanged`
  if (failure !== undefined) return `**Failed**: ${plain(failure)}`
  if (!hasChanges(plan)) return '**Nothing to change**: everything is as the project says.'
  if (plan.dryRun) return `**Plan only**, nothing was written. Deployments: ${counts}.`
  return `**Released.** Deployments: ${counts.replaceAll(/ to (create|update)/g, ' $1d')}.`
}

function layerRows(plan: ReleasePlan, outcome: Outcome): string[][] {
  const { image, taskDefinition, service } = plan
  const arn = outcome.taskDefinitionArn ?? taskDefinition?.arn ?? null
  return [
    ['image', image.action, outcome.image === undefined ? `${code(`${image.repository}:${image.tag ?? ''}`)}, digest known after push` : code(outcome.image.reference)],
    ['task definition', taskDefinition?.action ?? 'none', taskDefinition === null ? 'deployments carry the image' : describeRevision(taskDefinition, arn)],
    ['service', service === null ? 'none' : (outcome.serviceStatus ?? service.action), service === null ? '' : describeService(service)],
    ['deployments', plan.deployments.some(({ action }) => action !== 'unchanged') ? 'change' : 'unchanged', `${plan.deployments.length} in the file's selection`],
  ]
}

/** A family's first revision is all new: only what differs from one before is worth a line. */
function describeRevision({ family, previousArn, changes }: NonNullable<ReleasePlan['taskDefinition']>, arn: string | null): string {
  return lines([arn === null ? `${code(family)}, known after registration` : code(arn), ...(previousArn === null ? [] : changes.map(changeCell))])
}

function describeService({ cluster, service, reason, changes }: NonNullable<ReleasePlan['service']>): string {
  return lines([`${code(`${cluster}/${service}`)} ${plain(reason)}`, ...changes.map(changeCell)])
}

function changeCell(change: PlanChange): string {
  return code(formatChange(change))
}

function lines(texts: readonly string[]): string {
  return texts.join('<br>')
}

function deploymentRows(plan: ReleasePlan, outcome: Outcome): string[][] {
  return plan.deployments.map(({ name, action, url, changes }) => {
    const page = outcome.deployments.find((each) => each.name === name)?.url ?? url
    const title = page === null ? code(name) : `[${code(name)}](${page})`
    return [title, action, action === 'update' ? lines(changes.map(changeCell)) : '']
  })
}
