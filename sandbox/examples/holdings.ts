/** What AWS and Prefect hold after an example, past the action. */
import type { ContainerDefinition } from '@aws-sdk/client-ecs'
import { codeBucket, ecrRepository, family } from '../scene.ts'
import { askPrefect } from '../seed-prefect.ts'
import type { OtherServer, Stage } from './scene.ts'

/** Names of a server's deployments. */
export async function deploymentsOn({ apiUrl, authString }: OtherServer): Promise<string[]> {
  const address = { directUrl: apiUrl, ...(authString !== undefined && { authString }) }
  const found = await askPrefect(address, { method: 'POST', path: '/deployments/filter', body: { sort: 'NAME_ASC' } })
  return (found as readonly { readonly name: string }[]).map(({ name }) => name)
}

/** What the newest revision of the sample's family runs. */
export async function liveImage(stage: Stage): Promise<string | undefined> {
  return (await newestContainer(stage, family, 'prefect'))?.image
}

/** A container of the newest revision of a family. */
export async function newestContainer({ sandbox }: Stage, of: string, container: string): Promise<ContainerDefinition | undefined> {
  const { taskDefinitions } = await sandbox.aws.state()
  const newest = taskDefinitions.findLast((definition) => definition.family === of && definition.status === 'ACTIVE')
  return newest?.containerDefinitions?.find(({ name }) => name === container)
}

/** How many builds are in the repository; a build is tagged with its fingerprint. */
export async function pushedImages(stage: Stage): Promise<number> {
  return new Set(Object.entries(await tagsOf(stage)).filter(([tag]) => tag.startsWith('tree-')).map(([, digest]) => digest)).size
}

/** The repository's tags and the digests that they stand for. */
export async function tagsOf({ sandbox }: Stage): Promise<Readonly<Record<string, string>>> {
  const { repositories } = await sandbox.aws.state()
  return repositories.find(({ repositoryName }) => repositoryName === ecrRepository)?.tags ?? {}
}

/** Keys of the objects in the bucket for code. */
export async function storedCode({ sandbox }: Stage): Promise<string[]> {
  const { buckets } = await sandbox.aws.state()
  return Object.keys(buckets[codeBucket] ?? {})
}
