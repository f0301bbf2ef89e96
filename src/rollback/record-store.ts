import type { ImagePlan } from '../image/plan.ts'
import type { Inputs } from '../inputs.ts'
import type { Ports, Records } from '../ports.ts'
import { recordsInBucket } from '../record/bucket.ts'

/** Records in the place that a release keeps them; `where` is that place for people. */
export type RecordStore = { readonly records: Records; readonly where: string }

/** @returns undefined when none are kept, or when no input names the repository that they would be in. */
export function recordStore({ records: { place }, image: { repository } }: Inputs, { records, objects }: Pick<Ports, 'records' | 'objects'>): RecordStore | undefined {
  if (place.kind === 'bucket') return { records: recordsInBucket(objects, place), where: `s3://${[place.bucket, place.prefix].filter((part) => part !== '').join('/')}` }
  if (place.kind === 'off' || repository === undefined) return undefined
  return { records: records.in(repository), where: `ECR repository ${repository}` }
}

/**
 * The same for the record of a release, which ECR keeps only beside its image.
 * @returns the store, or why there is none; undefined when none is wanted.
 */
export async function storeBeside(image: ImagePlan, inputs: Inputs, ports: Ports): Promise<RecordStore | string | undefined> {
  const { records: { place }, image: { repository } } = inputs
  if (place.kind === 'off') return undefined
  if (place.kind === 'bucket') return recordStore(inputs, ports)
  if (repository === undefined) return 'the input ecr-repository is not set'
  const uri = image.action === 'build' ? image.repository.uri : image.uri
  const isThere = (await ports.registry.findRepository(repository))?.uri === uri
  return isThere ? recordStore(inputs, ports) : `the image is not in ECR repository ${repository}`
}
