/** Whether an image reference names whatever is newest: the tag `latest`, or none at all, which means the same. */
export function isUnpinned(reference: string): boolean {
  if (reference.includes('@') || reference.includes('{{')) return false
  const tag = /:([^/:]+)$/.exec(reference)?.[1]
  return reference !== '' && (tag === undefined || tag === 'latest')
}
