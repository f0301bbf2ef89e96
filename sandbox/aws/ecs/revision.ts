import type { ContainerImage } from '@aws-sdk/client-ecs'
import type { Revision, World } from '../world.ts'
import { serviceChildArn } from './references.ts'
import type { Service, ServiceRevision } from './service.ts'
import { numericId } from './service.ts'

/** What a service would run with that task definition now: tags are resolved once for all its tasks. */
export async function resolveRevision(
  world: World,
  { serviceArn }: Pick<Service, 'serviceArn'>,
  { definition }: Revision,
): Promise<ServiceRevision> {
  const images = await Promise.all(
    (definition.containerDefinitions ?? []).map(({ name = '', image = '' }) => resolveImage(world, name, image)),
  )
  const missingImage = images.find(({ found }) => !found)?.container.image
  return {
    arn: serviceChildArn(serviceArn, 'service-revision', numericId()),
    taskDefinitionArn: definition.taskDefinitionArn,
    createdAt: world.timeline.now(),
    images: images.map(({ container }) => container),
    ...(missingImage !== undefined && { missingImage }),
  }
}

type ResolvedImage = { readonly container: ContainerImage; readonly found: boolean }

/** Images of ECR are looked up; the simulator takes it that those of other registries are there. */
async function resolveImage(world: World, containerName: string, image: string): Promise<ResolvedImage> {
  const { name, reference, isEcr } = parseImage(image, world.account.ecrHost)
  if (!isEcr)
    return { container: { containerName, image, ...(reference.startsWith('sha256:') && { imageDigest: reference }) }, found: true }
  const manifest = world.repositories.has(name) ? await world.registry.findManifest(name, reference) : undefined
  return {
    container: { containerName, image, ...(manifest !== undefined && { imageDigest: manifest.digest }) },
    found: manifest !== undefined,
  }
}

/** `host/name:tag` or `host/name@digest`, where a digest wins over a tag. @returns the name without the host when it is ECR's. */
export function parseImage(image: string, ecrHost: string): { readonly name: string; readonly reference: string; readonly isEcr: boolean } {
  const [tagged = '', digest] = image.split('@', 2)
  const [, untagged = tagged, tag = 'latest'] = /^(.+?)(?::([\w.-]+))?$/.exec(tagged) ?? []
  const isEcr = untagged.startsWith(`${ecrHost}/`)
  return { name: isEcr ? untagged.slice(ecrHost.length + 1) : untagged, reference: digest ?? tag, isEcr }
}
