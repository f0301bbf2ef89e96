import type { PlannedDeployment } from '../release-plan.ts'
import { diffLine } from './change.ts'
import { counted } from './impact.ts'
import type { Level } from './level.ts'
import { bullets, code, details, fenced, htmlCode, link } from './markdown.ts'
import { formatSchedule } from './next-runs.ts'
import type { Report } from './report.ts'

/** How many deployments have to change alike to be told once. */
const ALIKE = 3

/** What changes of each deployment, those that change alike together, and what of the others the level says. */
export function deploymentDetails(report: Report, level: Level): string[] {
  if (level.name === 'counts') return []
  const pages = new Map(report.outcome.deployments.map(({ name, url }) => [name, url]))
  const deployments = report.plan.deployments.map((each) => ({ ...each, url: pages.get(each.name) ?? each.url }))
  const telling = { at: report.at, level }
  const told = deployments.filter(({ action }) => action !== 'unchanged' && (action !== 'unknown' || level.name !== 'changes'))
  const unchanged = level.name === 'changes' ? [] : deployments.filter(({ action }) => action === 'unchanged')
  return [
    ...alike(told, level).flatMap((group) => detailsOf(group, telling)),
    ...(unchanged.length === 0 ? [] : [details(`${unchanged.length} unchanged`, list(unchanged, telling))]),
  ]
}

type Telling = { readonly at: Date; readonly level: Level }
type Group = { readonly action: PlannedDeployment['action']; readonly lines: readonly string[]; readonly members: PlannedDeployment[] }

function detailsOf(group: Group, telling: Telling): string[] {
  return group.members.length < ALIKE ? group.members.map((each) => one(each, group, telling)) : [several(group, telling)]
}

function one({ name, url, takeover, schedules }: PlannedDeployment, group: Group, { at, level }: Telling): string {
  const title = `${htmlCode(name, level.text)} ${wordsOf(group)}${takeover ? ', first takeover' : ''}`
  return details(title, [
    ...(group.lines.length === 0 ? [] : [linesOf(group)]),
    ...(schedules.length === 0 ? [] : [bullets(schedules.map((schedule) => formatSchedule(schedule, at, level)))]),
    ...(url === null ? [] : [link('Open in Prefect', url)]),
  ].join('\n\n'))
}

function several(group: Group, telling: Telling): string {
  const lines = group.lines.length === 0 ? [] : [linesOf(group)]
  return details(`${group.members.length} deployments alike: ${wordsOf(group)}`, [...lines, list(group.members, telling)].join('\n\n'))
}

function wordsOf({ action, lines }: Group): string {
  if (action === 'unknown') return `not compared, ${counted(lines.length, 'field')} in the Prefect file`
  return `${action}, ${counted(lines.length, action === 'create' ? 'field' : 'change')}`
}

/** What was not compared has no difference: its fields are as the file says. */
function linesOf({ action, lines }: Group): string {
  return action === 'unknown' ? fenced('text', lines.map((line) => line.slice(2))) : fenced('diff', lines)
}

function list(members: readonly PlannedDeployment[], { at, level }: Telling): string {
  if (level.name !== 'full') return members.map(({ name }) => code(name, level.text)).join(', ')
  return bullets(members.map(({ name, url, schedules }) => {
    const page = link(code(name, level.text), url)
    return [page, ...schedules.map((schedule) => formatSchedule(schedule, at, level))].join('<br>')
  }))
}

/** In the order of the first of each group. */
function alike(deployments: readonly PlannedDeployment[], { text }: Level): Group[] {
  const groups = new Map<string, Group>()
  for (const deployment of deployments) {
    const { action, takeover, changes } = deployment
    const lines = changes.map((change) => diffLine(change, text))
    const key = JSON.stringify([action, takeover, lines])
    const group = groups.get(key) ?? { action, lines, members: [] }
    group.members.push(deployment)
    groups.set(key, group)
  }
  return [...groups.values()]
}
