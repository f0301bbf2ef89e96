import type { ReleasePlan } from '../release-plan.ts'

/** How names, which are not the report's own words, are written. */
export type Wording = {
  readonly name: (text: string) => string
  /** Most names of a list. */
  readonly most: number
}

const AS_IS: Wording = { name: (text) => text, most: 20 }

/** What the release does beyond the difference, a sentence each; none for a plan that writes nothing or could not look. */
export function impactLines(plan: ReleasePlan, wording: Wording = AS_IS): string[] {
  return [
    ...workerLines(plan.service, wording),
    ...runLines(plan.impact, wording),
    ...overwrittenLines(plan, wording),
    ...takeoverLines(plan, wording),
    ...agreementLines(plan, wording),
  ]
}

function runLines(impact: ReleasePlan['impact'], { name, most }: Wording): string[] {
  if (impact === null) return []
  const { scheduledRuns, lateRuns, pendingRuns, lowerBound } = impact
  const atLeast = (text: string) => (lowerBound ? `at least ${text}` : text)
  const scheduled = atLeast(counted(scheduledRuns, 'scheduled run'))
  const late = atLeast(counted(lateRuns, 'late run'))
  return [
    ...(scheduledRuns > 0 ? [`${scheduled} ${are(scheduledRuns)} deleted and made again, at the same times`] : []),
    ...(lateRuns > 0 ? [`${late} ${are(lateRuns)} made again: the new code with the old parameters`] : []),
    ...(pendingRuns.length > 0
      ? [`⚠️ ${atLeast(counted(pendingRuns.length, 'PENDING run'))} would start on the old image with the new entrypoint: ` +
        series(pendingRuns.map((run) => `${name(run.name)} of ${name(run.deployment)}`), most)]
      : []),
  ]
}

function overwrittenLines({ impact, deployments }: ReleasePlan, { name, most }: Wording): string[] {
  if (impact === null || impact.overwrittenFields === 0) return []
  const fields = deployments.flatMap((each) =>
    each.changes.filter(({ outside }) => outside === true).map(({ path }) => `${name(path)} of ${name(each.name)}`))
  const where = fields.length === 0 ? '' : `: ${series(fields, most)}`
  const count = impact.overwrittenFields
  return [`⚠️ ${counted(count, 'field')} set in the UI or by another tool ${are(count)} overwritten${where}`]
}

function takeoverLines({ impact, deployments }: ReleasePlan, { name, most }: Wording): string[] {
  if (impact === null || impact.takeovers === 0) return []
  const names = deployments.filter(({ takeover }) => takeover).map((each) => name(each.name))
  const which = names.length === deployments.length && names.length > 1 ? 'all of them' : series(names, most)
  const count = counted(impact.takeovers, 'deployment')
  return [`⚠️ first takeover of ${count} made by another tool, ${name('prefect deploy')} for example: ${which}`]
}

/** Prefect Cloud does not tell which there are, so they are no difference: the release of an unchanged project writes them too. */
function agreementLines({ deployments }: ReleasePlan, { name, most }: Wording): string[] {
  const names = deployments.filter(({ changes }) => changes.some(({ path }) => path === 'sla')).map((each) => name(each.name))
  if (names.length === 0) return []
  return [`service level agreements are applied in each release, whether they differ or not, for Prefect Cloud cannot be asked: ${series(names, most)}`]
}

function workerLines(service: ReleasePlan['service'], { name }: Wording): string[] {
  if (service?.restartsWorker !== true) return []
  return [`the worker restarts: service ${name(`${service.cluster}/${service.service}`)}`]
}

/** `1 late run`, `2 late runs`. */
export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`
}

/** The first items of a list in one sentence. */
export function series(items: readonly string[], most: number): string {
  const rest = items.length - most
  return [...items.slice(0, most), ...(rest > 0 ? [`and ${rest} more`] : [])].join(', ')
}

function are(count: number): string {
  return count === 1 ? 'is' : 'are'
}
