/** `npm test`: every check one after the other, whatever the others said; the last line counts them all. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

type Count = { readonly passed: number; readonly failed: number }
type JestReport = { numPassedTests: number; numFailedTests: number; numRuntimeErrorTestSuites: number }

const root = join(import.meta.dirname, '..')
const counts = [check('typecheck'), check('lint'), check('lint:workflows'), jest('unit'), jest('e2e')]
const passed = counts.reduce((sum, count) => sum + count.passed, 0)
const failed = counts.reduce((sum, count) => sum + count.failed, 0)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

function check(script: string): Count {
  return npmRun(script) ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }
}

/** Tests of a jest project. */
function jest(project: string): Count {
  const report = join(root, `.sandbox/${project}.json`)
  mkdirSync(join(root, '.sandbox'), { recursive: true })
  rmSync(report, { force: true })
  const succeeded = npmRun(project, '--json', `--outputFile=${report}`)
  const count = existsSync(report) ? countTests(JSON.parse(readFileSync(report, 'utf8')) as JestReport) : { passed: 0, failed: 0 }
  return succeeded || count.failed > 0 ? count : { ...count, failed: 1 }
}

/** A file that cannot even be loaded is one failure. */
function countTests({ numPassedTests, numFailedTests, numRuntimeErrorTestSuites }: JestReport): Count {
  return { passed: numPassedTests, failed: numFailedTests + numRuntimeErrorTestSuites }
}

function npmRun(script: string, ...args: string[]): boolean {
  console.log(`\n=== ${script}`)
  return spawnSync('npm', ['run', '--silent', script, '--', ...args], { cwd: root, stdio: 'inherit' }).status === 0
}
