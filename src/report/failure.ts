import type { Failure } from '../errors.ts'
import { pageOf } from './doc-pages.ts'
import { listed } from './level.ts'
import { bullets, code, link, plain, textBlock } from './markdown.ts'

/** Longest text of a failure, with causes and the last lines of a log, and of one thing to do. */
const LONGEST = { message: 8000, short: 1000, hint: 1000 }
/** Of several things to do, as many are told. */
const MOST_ADVICE = 5

/** What happened, then what to do, with the entry of each code in the documentation; in short, that entry alone. */
export function failureBlocks({ message, advice }: Failure, length: 'whole' | 'short'): string[] {
  const text = textBlock(message.replaceAll('; ', ';\n'), length === 'short' ? LONGEST.short : LONGEST.message)
  const lines = advice.map(({ code: name, hint }) => {
    const entry = link(code(name), pageOf('errors', name))
    return hint === undefined || length === 'short' ? entry : `${entry}: ${plain(hint, LONGEST.hint)}`
  })
  return lines.length === 0 ? [text] : [text, `**What to do**\n\n${bullets(listed(lines, { items: MOST_ADVICE }))}`]
}
