/** Every fate of a rollout through the built action, judged by what the simulator has afterwards. */
import type { Sandbox } from '../connect.ts'
import type { RolloutCase } from './fates.ts'
import { playRollout, setStage } from './play.ts'
import type { Played } from './play.ts'

export type Judged = { readonly name: string; readonly played: Played; readonly wrong: readonly string[] }

/** Within which a step ends once its rollout has, in seconds. */
const LAG = 10

/** @param atOnce how many rollouts go on at the same time: each is mostly waiting. */
export async function checkRollouts(
  sandbox: Sandbox, cases: readonly RolloutCase[], { atOnce = 4, say = () => undefined }: { readonly atOnce?: number; readonly say?: (line: string) => void } = {},
): Promise<readonly Judged[]> {
  const stage = await setStage(sandbox)
  const waiting = [...cases]
  const judged: Judged[] = []
  const lane = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const one = judge(next, await playRollout(stage, next))
      judged.push(one)
      say(describe(one))
    }
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
  return judged
}

export function summarize(judged: readonly Judged[]): string {
  return `fates ${judged.length}, right ${judged.filter(({ wrong }) => wrong.length === 0).length}`
}

function judge({ name, expected }: RolloutCase, played: Played): Judged {
  const { exitCode, status, live, said, lagSeconds, looksStable } = played
  const wrong = [
    ...(exitCode === expected.exitCode ? [] : [`exit code ${exitCode}`]),
    ...(status === expected.status ? [] : [`service-status "${status}"`]),
    ...(live === expected.live ? [] : [`revision ${live} afterwards`]),
    ...(expected.verdict.test(said) ? [] : [`no ${String(expected.verdict)} in: ${said.slice(0, 1500)}`]),
    ...(expected.looksStable === true && !looksStable ? ['the service does not look stable afterwards: no trap'] : []),
    ...(lagSeconds <= LAG ? [] : [`the step ended ${lagSeconds.toFixed(1)} s after the rollout`]),
  ]
  return { name, played, wrong }
}

function describe({ name, played: { exitCode, status, live, lagSeconds, looksStable, seconds }, wrong }: Judged): string {
  const seen = `exit ${exitCode}, ${status}, revision ${live} live${looksStable ? ', servicesStable' : ''}, ` +
    `${seconds.toFixed(1)} s, ended ${lagSeconds.toFixed(1)} s after the rollout`
  return `${wrong.length === 0 ? 'right' : 'WRONG'}  ${name}: ${seen}${wrong.map((text) => `\n       ${text}`).join('')}`
}
