import { isSensitive, PlannedText } from '../planned.ts'
import type { Planned } from '../planned.ts'
import type { PlannedStep } from '../release-plan.ts'
import type { FolderDiff } from './s3-step.ts'
import { prefixOf } from './s3-folder.ts'
import type { StepRun } from './step-runs.ts'

/** @param copies what was compared with S3; a copy is missing where that is known only in the release. */
export function planSteps(runs: readonly StepRun[], copies: ReadonlyMap<StepRun, FolderDiff>): PlannedStep[] {
  return runs.map((run) => {
    const { step: { kind, name: step, settings: { script } }, deployments } = run
    const common = { step, deployments }
    if (kind !== 'copy') return { ...common, action: 'run', script: typeof script === 'string' ? script : '', target: null, files: null }
    const diff = copies.get(run)
    return {
      ...common,
      script: null,
      action: diff?.changed.length === 0 ? 'skip' : 'push',
      target: targetOf(run),
      files: diff === undefined ? null : { changed: diff.changed.length, unchanged: diff.unchanged },
    }
  })
}

/** `s3://bucket/folder`, with words for what is hidden or not known yet. */
export function targetOf({ settings: { bucket, folder } }: Pick<StepRun, 'settings'>): string {
  const known = typeof folder === 'string' ? prefixOf(folder).replace(/\/$/, '') : shown(folder)
  return `s3://${shown(bucket)}${known === '' ? '' : `/${known}`}`
}

function shown(value: Planned | undefined): string {
  if (!(value instanceof PlannedText)) return typeof value === 'string' ? value : ''
  return isSensitive(value) ? '(hidden)' : value.parts.map((part) => (typeof part === 'string' ? part : `{${part.result}}`)).join('')
}
