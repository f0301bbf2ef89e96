/**
 * Where the state after a release is meant to be another one than after `prefect deploy`. docs/prefect-deploy.md tells
 * people about each by the same name; the parity check fails for any other difference, and for one that no longer occurs.
 */
import type { Difference } from './differences.ts'

export type Deviation = {
  /** Its name in docs/prefect-deploy.md and in the comment `# Deviations:` of the cases it occurs in. */
  readonly name: string
  /** One sentence. */
  readonly reason: string
  readonly accepts: (difference: Difference) => boolean
}

const DIGEST = /@sha256:[0-9a-f]{64}$/

export const DEVIATIONS: readonly Deviation[] = [
  {
    name: 'image',
    reason: 'Runs get this release\'s image by its digest, which no later push can change; the file gives a tag or nothing.',
    accepts: ({ path, ours }) => path.endsWith('.job_variables.image') && typeof ours === 'string' && DIGEST.test(ours),
  },
  {
    name: 'workdir',
    reason: 'Without pull steps a run works in the image\'s WORKDIR, not in the folder that the runner had.',
    accepts: ({ path, ours }) => path.includes('.pull_steps') && JSON.stringify(ours).includes('/opt/flows'),
  },
  {
    name: 'block-reference',
    reason: 'A block in job variables stays a reference, which the worker resolves, so that no secret is in the deployment.',
    accepts: ({ path, ours }) => path.includes('.job_variables') && typeof ours === 'string' && ours.includes('{{ prefect.blocks.'),
  },
  {
    name: 'environment-without-dollar',
    reason: 'A bug of Prefect: {{ STAGE }} without $ also reads the environment; here it is an output of a step, as documented.',
    accepts: ({ ours, theirs }) => ours === 'on ' && theirs === 'on production',
  },
  {
    name: 'output-in-list',
    reason: 'A bug of Prefect: a list item that is exactly one output of a step is lost; here it stays.',
    accepts: ({ path, ours, theirs }) =>
      path.endsWith('.tags') && Array.isArray(ours) && Array.isArray(theirs) && ours.length === theirs.length + 1,
  },
  {
    name: 'description-none',
    reason: 'A bug of Prefect: a flow without a docstring is described by the word None; here it has no description.',
    accepts: ({ path, ours, theirs }) => path.endsWith('.description') && ours === null && theirs === 'None',
  },
  {
    name: 'automation-tag',
    reason: 'Automations have a tag by which people see who made them.',
    accepts: ({ path, ours }) => /\.automations\[\d+\]\.tags$/.test(path) && JSON.stringify(ours) === '["prefect-ecs-deploy"]',
  },
]

export type Kept = {
  /** Its name in docs/prefect-deploy.md. */
  readonly name: string
  readonly reason: string
  readonly accepts: (difference: Difference) => boolean
  /** The file decides when this matches; without, it never does. */
  readonly decided?: RegExp
}

const at = (path: RegExp) => (difference: Difference) => path.test(difference.path)

/** What a release leaves as it finds it where the file does not decide: it shows only when something was there before. */
export const KEPT: readonly Kept[] = [
  {
    name: 'kept-paused',
    reason: 'A deployment stays paused, or not, as it was set in the UI.',
    accepts: at(/\.paused$/),
    decided: /\bpaused:/,
  },
  {
    name: 'kept-active',
    reason: 'A schedule stays on or off as it was set in the UI.',
    accepts: at(/\.schedules\[\d+\]\.active$/),
    decided: /\bactive:/,
  },
  {
    name: 'kept-anchor',
    reason: 'An interval keeps counting from where it did.',
    accepts: at(/\.anchor_date$/),
    decided: /\banchor_date:/,
  },
  {
    name: 'kept-enforcement',
    reason: 'Parameters stay checked, or not, as they were.',
    accepts: at(/\.enforce_parameter_schema$/),
    decided: /\benforce_parameter_schema:/,
  },
  {
    name: 'kept-description',
    reason: 'While the image stays, its flows are not read again, and with them not their docstrings.',
    accepts: at(/\.description$/),
    decided: /^ {2}description:/m,
  },
  {
    name: 'kept-automation-tags',
    reason: 'The tags of an automation are those it was made with.',
    accepts: at(/\.automations\[\d+\]\.tags$/),
  },
  {
    name: 'kept-automations',
    reason: 'An automation with a name of its own may have been made by hand, and stays.',
    accepts: areForeignBesides,
  },
  { name: 'kept-version', reason: 'A version alone is no reason to write.', accepts: at(/\.version$/) },
  {
    name: 'resolved-reference',
    reason: 'The server itself puts a parameter\'s value in the place of a reference, at every write but the first.',
    accepts: ({ path, theirs }) => /\.parameters\b/.test(path) && JSON.stringify(theirs).includes('"__prefect_kind"'),
  },
]

/** @returns the differences from a release on an empty server that are none of what is kept. @param file text of the Prefect file. */
export function judgeKept(differences: readonly Difference[], file: string): readonly Difference[] {
  const isKept = (difference: Difference) => KEPT.some(({ accepts, decided }) => accepts(difference) && decided?.test(file) !== true)
  return differences.filter((difference) => !isKept(difference))
}

type Automation = { readonly name: string; readonly tags: readonly string[] }

/** All that the file has is there, and what is there besides has neither the tag nor a name that only a deploy gives. */
function areForeignBesides({ path, ours, theirs }: Difference): boolean {
  if (!path.endsWith('.automations') || !Array.isArray(ours) || !Array.isArray(theirs)) return false
  const wanted = (theirs as readonly Automation[]).map(contentOf)
  const besides = (ours as readonly Automation[]).filter((automation) => !wanted.includes(contentOf(automation)))
  const areForeign = besides.every(({ name, tags }) => tags.length === 0 && !/__automation_\d+$/.test(name))
  return areForeign && ours.length - besides.length === theirs.length
}

function contentOf(automation: Automation): string {
  return JSON.stringify({ ...automation, tags: [] })
}

export type Judgement = {
  /** Names of the deviations that occur. */
  readonly seen: readonly string[]
  readonly undocumented: readonly Difference[]
}

/** @param allowed names of the deviations that may occur; all of them when undefined. */
export function judge(differences: readonly Difference[], allowed: readonly string[] | undefined): Judgement {
  const candidates = DEVIATIONS.filter(({ name }) => allowed?.includes(name) ?? true)
  const judged = differences.map((difference) => ({ difference, name: candidates.find(({ accepts }) => accepts(difference))?.name }))
  return {
    seen: [...new Set(judged.flatMap(({ name }) => name ?? []))].toSorted(),
    undocumented: judged.filter(({ name }) => name === undefined).map(({ difference }) => difference),
  }
}
