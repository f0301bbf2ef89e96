import { DeployError } from '../errors.ts'
import { readImage } from '../image/live.ts'
import { planImage } from '../image/plan.ts'
import type { ImagePlan } from '../image/plan.ts'
import { parseImageReference } from '../image/reference.ts'
import { planTagsBack } from '../image/tags.ts'
import type { TagsPlan } from '../image/tags.ts'
import type { Inputs } from '../inputs.ts'
import type { Ports } from '../ports.ts'
import { readTags } from '../release/read.ts'
import type { FoundRecord } from './read-records.ts'

type UsedImage = Exclude<ImagePlan, { readonly action: 'build' }>
export type RecordedImage = { readonly image: UsedImage; readonly tags: TagsPlan | undefined }

/** @throws DeployError `image-missing` that says what became of it: a lifecycle policy may have removed or archived it. */
export async function findRecordedImage({ tag, record: { image } }: FoundRecord, inputs: Inputs, ports: Ports): Promise<RecordedImage> {
  const { repository, tags } = inputs.image
  const wanted = { kind: 'existing', reference: parseImageReference(image.reference), repository, platform: undefined } as const
  const live = await readImage(wanted, ports)
  const isGone = live.registry === 'ecr' ? live.image === undefined : live.digest === undefined
  if (isGone) {
    const status = live.registry === 'ecr' && live.repository !== undefined ? await ports.registry.imageStatus(live.repository, image.digest) : undefined
    const what = status === undefined ? 'is no longer there' : `is ${status}`
    throw new DeployError('image-missing', `The image of the record ${tag}, ${image.reference}, ${what}`, {
      hint: status === undefined
        ? 'A lifecycle policy may have removed it: go back to another record, and see docs/rollback.md on policies that spare records\' images.'
        : 'Restore it first (aws ecr update-image-storage-class --target-storage-class STANDARD), which takes up to 20 minutes.',
    })
  }
  const plan = planImage(wanted, live)
  if (plan.action === 'build') throw new Error('A rollback builds nothing')
  const used = { ...plan, tag: image.tag ?? plan.tag }
  return { image: used, tags: planTagsBack({ wanted: tags, image: used, live, taken: await readTags(inputs, live, ports) }) }
}
