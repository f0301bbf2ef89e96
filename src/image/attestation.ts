import { DeployError } from '../errors.ts'
import type { Docker } from '../docker-ports.ts'

/**
 * A builder that cannot attest is found before anything is built, in a plan too: the release would have the same one.
 * @throws DeployError `builder-unable`
 */
export async function requireAttestation(docker: Pick<Docker, 'builder'>): Promise<void> {
  const { driver, attests } = await docker.builder()
  if (attests) return
  throw new DeployError('builder-unable', `The builder's driver "${driver}" cannot attest where an image comes from, which "provenance" asks for`, {
    hint: 'Add docker/setup-buildx-action before this step, or turn on Docker\'s containerd image store.',
  })
}
