import type { PlannedWorkPool } from '../release-plan.ts'
import { diffLine } from './change.ts'
import { counted, series } from './impact.ts'
import type { Wording } from './impact.ts'
import { listed } from './level.ts'
import type { Level } from './level.ts'
import { bullets, code, details, fenced, htmlCode } from './markdown.ts'

/** `also used by 2 other deployments: …` of a pool that changes; undefined when nobody else is concerned. */
export function sharing({ action, sharedWith }: PlannedWorkPool, { name, most }: Wording): string | undefined {
  if (action === 'unchanged' || sharedWith.length === 0) return undefined
  const names = most === 0 ? '' : `: ${series(sharedWith.map(name), most)}`
  return `also used by ${counted(sharedWith.length, 'other deployment')}${names}`
}

/** What becomes of the pools, in a cell of the table: those that change, with the others that use them. */
export function describeWorkPools(pools: readonly PlannedWorkPool[], level: Level): string {
  const isShort = level.name === 'counts'
  const wording = { name: (text: string) => code(text, level.text), most: isShort ? 0 : 5 }
  const most = isShort ? 2 : 5
  const changing = pools.filter(({ action }) => action !== 'unchanged')
  if (changing.length === 0) return series(pools.map(({ name }) => wording.name(name)), most)
  const parts = changing.map((pool) => {
    const change = pool.action === 'create' ? 'new' : counted(pool.changes.length, 'change')
    return [`${wording.name(pool.name)}: ${change}`, sharing(pool, wording)].filter((text) => text !== undefined).join(', ')
  })
  return series(parts, most)
}

/** Field by field what differs in each pool, and all others that use it. */
export function workPoolDetails(pools: readonly PlannedWorkPool[], level: Level): string[] {
  return pools.filter(({ action }) => action !== 'unchanged').map(({ name, action, changes, sharedWith }) => {
    const title = `Work pool ${htmlCode(name, level.text)}: ${action}, ${counted(changes.length, action === 'create' ? 'field' : 'change')}`
    const lines = fenced('diff', changes.map((change) => diffLine(change, level.text)))
    const others = bullets(listed(sharedWith.map((other) => code(other, level.text)), level))
    return details(title, [lines, ...(sharedWith.length === 0 ? [] : [`Also used by:\n\n${others}`])].join('\n\n'))
  })
}
