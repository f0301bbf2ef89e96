import type { Warning } from '../errors.ts'
import { fargateMisfit, sizeOf } from '../fargate-sizes.ts'
import { launchTypeOf, ownerOf, REQUEST } from './judged.ts'
import type { Judged } from './judged.ts'
import type { Setting } from './effective-job.ts'

const SIZES = ['cpu', 'memory'] as const
type Size = (typeof SIZES)[number]

/** Sizes that pool or deployment set: a run's request beats its task definition. */
export function sizeTraps(judged: Judged): Warning[] {
  return [...SIZES.flatMap((size) => overridden(judged, size)), ...misfits(judged)]
}

function overridden(judged: Judged, size: Size): Warning[] {
  const { run } = judged
  const setting = overrideOf(judged, size)
  if (run.origin !== 'release' || setting === undefined) return []
  const [wanted, own] = [sizeOf(setting.value), sizeOf(run.definition[size])]
  if (wanted === undefined || own === undefined || wanted === own) return []
  const { owner, location } = ownerOf(setting, judged)
  return [{
    code: 'size-overridden',
    message: `${owner} has ${size} ${wanted}, which beats the ${own} of task definition "${run.family}"`,
    hint: `Remove ${size} where the task definition is to say it.`,
    location,
  }]
}

/** Where the definition's own pair counts, it is judged with the definition. */
function misfits(judged: Judged): Warning[] {
  const [cpu, memory] = SIZES.map((size) => overrideOf(judged, size))
  const setting = [cpu, memory].find((each) => each?.origin === 'deployment') ?? cpu ?? memory
  if (setting === undefined || !runsOnFargate(judged)) return []
  const [units, mebibytes] = SIZES.map((size) => effectiveSize(judged, size))
  const misfit = units === undefined || mebibytes === undefined ? undefined : fargateMisfit(units, mebibytes)
  if (misfit === undefined) return []
  const { owner, location } = ownerOf(setting, judged)
  return [{ code: 'fargate-size', message: `${owner}: Fargate ${misfit.reason}`, hint: misfit.hint, location }]
}

function runsOnFargate(judged: Judged): boolean {
  const { launchType } = launchTypeOf(judged)
  const hasStrategy = judged.job.setting(REQUEST, 'capacityProviderStrategy') !== undefined
  return !hasStrategy && (launchType === 'FARGATE' || launchType === 'FARGATE_SPOT')
}

function effectiveSize(judged: Judged, size: Size): number | undefined {
  const { run } = judged
  const override = overrideOf(judged, size)
  return sizeOf(override === undefined ? (run.origin === 'elsewhere' ? undefined : run.definition[size]) : override.value)
}

function overrideOf({ job }: Judged, size: Size): Setting | undefined {
  return job.setting(REQUEST, 'overrides', size)
}
