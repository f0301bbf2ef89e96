import type { Ports } from '../src/ports.ts'
import type { ReleaseRecord } from '../src/release-record.ts'

export type FakeRecords = Ports['records'] & {
  /** Texts by `repository:tag`, in the order in which they were written. */
  readonly texts: Map<string, string>
  /** Tags in the order in which they were written. */
  readonly tags: () => string[]
  /** The record that was written last. */
  readonly last: () => ReleaseRecord
  /** Whatever is asked for from now on fails with it. */
  failure: Error | undefined
}

/** Records of all ECR repositories, in memory. */
export function createFakeRecords(): FakeRecords {
  const texts = new Map<string, string>()
  const answer = <T>(work: () => T): Promise<T> => (fake.failure === undefined ? Promise.resolve(work()) : Promise.reject(fake.failure))
  const tags = () => [...texts.keys()].map((key) => key.slice(key.indexOf(':') + 1))
  const fake: FakeRecords = {
    texts, tags,
    failure: undefined,
    last: () => JSON.parse([...texts.values()].at(-1) ?? '') as ReleaseRecord,
    in: (repository) => ({
      list: () => answer(() => ['tree-0123', ...[...texts.keys()].filter((key) => key.startsWith(`${repository}:`)).map((key) => key.slice(repository.length + 1))]),
      read: (tag) => answer(() => texts.get(`${repository}:${tag}`)),
      write: ({ tag, text }) => answer(() => { texts.set(`${repository}:${tag}`, text) }),
    }),
  }
  return fake
}
