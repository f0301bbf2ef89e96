/**
 * `npm run check:parity`: every case deployed by this action and by `prefect deploy`, and released from the state of any
 * other. `npm run check:parity -- FILE…` does so with other projects' Prefect files. The last line counts the cases.
 */
import { dirname, resolve } from 'node:path'
import { connectSandbox } from '../sandbox/connect.ts'
import { openArena } from '../sandbox/parity/arena.ts'
import { readCase, readCases } from '../sandbox/parity/cases.ts'
import { checkParity, isRight, summaryOf } from '../sandbox/parity/check.ts'
import type { ParityReport } from '../sandbox/parity/check.ts'
import { startStack } from '../sandbox/stack.ts'

const SEED = Number(process.env.SEED ?? 2026)

const stack = await startStack()
try {
  const reports = await checkAll(process.argv.slice(2))
  const report = { cases: reports.flatMap(({ cases }) => cases), pairs: reports.flatMap(({ pairs }) => pairs) }
  console.log(`pairs ${report.pairs.length}, converged ${report.pairs.filter(isRight).length}`)
  console.log(summaryOf(report))
  process.exitCode = [...report.cases, ...report.pairs].every(isRight) ? 0 : 1
} finally {
  await stack.stop()
}

async function checkAll(files: readonly string[]): Promise<ParityReport[]> {
  if (files.length === 0) return [await check()]
  const reports: ParityReport[] = []
  for (const file of files) reports.push(await check(resolve(file)))
  return reports
}

/** @param file of another project; all of the cases without. */
async function check(file?: string): Promise<ParityReport> {
  const cases = file === undefined ? readCases() : [readCase(file)]
  const arena = await openArena(connectSandbox(stack.endpoints), cases, file === undefined ? undefined : dirname(file))
  try {
    return await checkParity(arena, cases, { pairs: file === undefined ? 20 : 0, seed: SEED, say: console.log })
  } finally {
    await arena.stop()
  }
}
