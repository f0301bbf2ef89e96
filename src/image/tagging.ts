import { DeployError, messageOf } from '../errors.ts'
import type { Log, Registry } from '../ports.ts'
import { tagTaken } from './tags.ts'
import type { TagPlan, TagsPlan } from './tags.ts'

export type TaggingPorts = { readonly registry: Pick<Registry, 'addTag'>; readonly log: Pick<Log, 'info'> }

/**
 * Puts the planned tags on the image that is live now. One that fails does not keep the others back, and undoes nothing:
 * the release is done.
 * @returns what went wrong, `tag-not-written`.
 */
export async function tagImage(plan: TagsPlan, digest: string, ports: TaggingPorts): Promise<DeployError | undefined> {
  const failures: string[] = []
  for (const tag of plan.tags.filter(({ from }) => from !== digest)) {
    await addTag({ plan, digest }, tag, ports).catch((error: unknown) => failures.push(messageOf(error)))
  }
  if (failures.length === 0) return undefined
  return new DeployError('tag-not-written', `Everything is released, but not every tag is on the image: ${failures.join('; ')}`, {
    hint: 'Run again once that is mended: a release that finds all else done only writes the tags.',
  })
}

type Tagging = { readonly plan: TagsPlan; readonly digest: string }

async function addTag({ plan: { repository }, digest }: Tagging, { tag, from }: TagPlan, { registry, log }: TaggingPorts): Promise<void> {
  if ((await registry.addTag(repository, digest, tag)) === 'taken') throw tagTaken(repository, tag)
  log.info(`Tagged ${repository.uri}:${tag}${from === undefined ? '' : `, which was ${from}`}`)
}
