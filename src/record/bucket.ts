import type { ObjectStore, Records } from '../ports.ts'

/** Records as objects `<prefix>/<tag>.json` of a bucket. */
export function recordsInBucket(objects: ObjectStore, { bucket, prefix }: { readonly bucket: string; readonly prefix: string }): Records {
  const folder = prefix === '' ? '' : `${prefix}/`
  const keyOf = (tag: string) => `${folder}${tag}.json`
  return {
    list: async () => {
      const found = await objects.list(bucket, folder)
      return found.flatMap(({ key }) => (key.endsWith('.json') ? [key.slice(folder.length, -'.json'.length)] : []))
    },
    read: async (tag) => {
      const content = await objects.get(bucket, keyOf(tag))
      return content && Buffer.from(content).toString()
    },
    write: ({ tag, text }) => objects.put({ bucket, key: keyOf(tag), content: Buffer.from(text) }),
  }
}
