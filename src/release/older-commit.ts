import { DeployError, isCancelled, messageOf } from '../errors.ts'
import type { Warning } from '../errors.ts'
import type { Inputs } from '../inputs.ts'
import type { Log, Ports } from '../ports.ts'
import { parseRecord } from '../record/format.ts'
import { isShortOf, recordsOf } from '../record/tag.ts'
import { recordStore } from '../rollback/record-store.ts'

/** What the checked-out commit is, seen from the one that is live. */
type Standing = { readonly live: string; readonly status: 'behind' | 'diverged' }

const HINT = 'Run the newest commit\'s job, or set allow-older: true; to go back on purpose, use rollback-to.'

/**
 * A job that is run again would put an older commit over a newer one. Only where that can be told: by the newest record
 * and GitHub's comparison of the two commits. Pull requests, whose branches are often behind, are not looked at.
 * @returns a warning for a plan.
 * @throws DeployError `older-commit` for a release, `cancelled`.
 */
export async function checkCommit(inputs: Inputs, ports: Ports, log: Log): Promise<readonly Warning[]> {
  const { run: { commit, event }, records: { allowOlder }, dryRun } = inputs
  if (allowOlder || commit === '' || event.startsWith('pull_request') || event === 'merge_group') return []
  const standing = await compareWithLive(inputs, ports).catch((error: unknown): undefined => {
    if (isCancelled(error)) throw error
    log.notice(`Whether this commit is older than the live one cannot be told: ${messageOf(error)}`)
  })
  if (standing === undefined) return []
  const what = standing.status === 'behind' ? 'is older than' : 'has diverged from'
  const message = `commit ${commit.slice(0, 12)} ${what} ${standing.live.slice(0, 12)}, which is live`
  if (!dryRun) throw new DeployError('older-commit', `This ${message}; nothing was written`, { hint: HINT })
  return [{ code: 'older-commit', message: `this ${message}: a release of it stops`, hint: HINT }]
}

/** One request to AWS when the live commit is this one; the whole commit of another is in its record. */
async function compareWithLive(inputs: Inputs, ports: Ports): Promise<Standing | undefined> {
  const { name, run: { commit } } = inputs
  const store = recordStore(inputs, ports)
  const [newest] = store === undefined ? [] : recordsOf(name, await store.records.list())
  if (store === undefined || newest === undefined || newest.commit === '' || isShortOf(newest.commit, commit)) return undefined
  const { commit: live } = parseRecord((await store.records.read(newest.tag)) ?? '', newest.tag)
  if (live === null) return undefined
  if (inputs.github.token === undefined) throw new Error('there is no github-token to ask GitHub with')
  const status = await ports.pullRequests.compare(live, commit)
  return status === 'behind' || status === 'diverged' ? { live, status } : undefined
}
