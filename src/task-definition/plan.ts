import { createHash } from 'node:crypto'
import { DeployError } from '../errors.ts'
import { PlannedText, resolve } from '../planned.ts'
import type { Change, Planned, PlannedObject, Results } from '../planned.ts'
import type { Revision, TaskDefinition } from '../ecs-ports.ts'
import { canonicalForm } from './canonical.ts'
import { changesBetween } from './changes.ts'
import { markSensitive } from './sensitive.ts'

export type TaskDefinitionPlan = {
  readonly family: string
  /** The container that gets the image. */
  readonly container: string
  /** What is registered: as the user wrote it, with the image in its container. */
  readonly definition: PlannedObject
  /** Against the live revision, in canonical form; paths as `containerDefinitions.prefect.environment.LOG_LEVEL`. */
  readonly changes: readonly Change[]
  /** The revision that it is compared with. */
  readonly previousArn: string | undefined
  /** SHA-256 of the content without the image, hexadecimal; the same for equal definitions however they are written. */
  readonly hash: string
} & ({ readonly action: 'register'; readonly arn?: undefined } | { readonly action: 'unchanged'; readonly arn: string })

export type TaskDefinitionRequest = {
  readonly definition: TaskDefinition
  /** The revision to compare with: the newest ACTIVE one of the family, or the service's own. */
  readonly live: Revision | undefined
  readonly containerName?: string | undefined
  readonly image: Planned
  readonly results: Results
}

/**
 * Puts the image into its container and says whether that makes a new revision: always, while the image is unknown.
 * @throws DeployError `container-missing` when no container can be told to be the one.
 */
export function planTaskDefinition({ definition, live, containerName, image, results }: TaskDefinitionRequest): TaskDefinitionPlan {
  const container = chooseContainer(definition, containerName)
  const marked = markSensitive(definition)
  const planned = withImage(marked, container, resolve(image, results))
  const before = live === undefined ? undefined : markSensitive(live.definition)
  const changes = changesBetween(before && canonicalForm(before), canonicalForm(planned, before))
  const plan = {
    family: definition.family,
    container,
    definition: planned,
    changes,
    previousArn: live?.arn,
    hash: hashOf(withImage(marked, container, '(image)')),
  }
  return live?.active === true && changes.length === 0 ? { ...plan, action: 'unchanged', arn: live.arn } : { ...plan, action: 'register' }
}

/**
 * The named one, else Prefect's own default name, else the only one.
 * @throws DeployError `container-missing` with the names there are.
 */
export function chooseContainer({ family, containerDefinitions }: TaskDefinition, wanted: string | undefined): string {
  const names = containerDefinitions.map(({ name }) => name)
  const [only, ...others] = names
  const chosen = wanted ?? (names.includes('prefect') || others.length > 0 ? 'prefect' : only)
  if (chosen !== undefined && names.includes(chosen)) return chosen
  throw new DeployError('container-missing', `Task definition ${family} has no container "${wanted ?? 'prefect'}"`, {
    hint: `Name the container whose image is to be replaced: ${names.join(', ')}.`,
  })
}

function withImage(definition: PlannedObject, container: string, image: Planned): PlannedObject {
  const containers = definition.containerDefinitions as readonly PlannedObject[] // as markSensitive has just made it
  return { ...definition, containerDefinitions: containers.map((item) => (item.name === container ? { ...item, image } : item)) }
}

/** A secret value stands as a word, so that it cannot be guessed from the hash. */
function hashOf(definition: PlannedObject): string {
  const text = JSON.stringify(canonicalForm(definition), (_, value: unknown) => (value instanceof PlannedText ? '(sensitive)' : value))
  return createHash('sha256').update(text).digest('hex')
}
