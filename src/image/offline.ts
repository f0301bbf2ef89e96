import type { ImagePlan, WantedImage } from './plan.ts'
import { formatImageReference } from './reference.ts'

/**
 * The plan of an image that no registry was asked for: one that is built is built under the repository's name alone, of
 * an existing one nothing is known but its reference.
 */
export function offlineImage(wanted: WantedImage): ImagePlan {
  if (wanted.kind === 'build') {
    const { repository: name, fingerprint, tag } = wanted
    return { action: 'build', repository: { name, uri: name, immutable: true }, fingerprint, tag, name: `${name}:${tag}` }
  }
  const { reference: { host, path, tag, digest }, repository = '' } = wanted
  const uri = path === undefined ? repository : formatImageReference({ host, path, tag: undefined, digest: undefined })
  const reference = formatImageReference(wanted.reference)
  return { action: 'use', uri, digest: digest ?? reference, reference, tag, fingerprint: undefined }
}
