import { throwProblems } from '../errors.ts'
import { isKnown, isObject, reveal } from '../planned.ts'
import type { JsonObject } from '../planned.ts'
import type { ObjectStore } from '../ports.ts'
import type { PlannedStep } from '../release-plan.ts'
import type { DeploymentConfig } from './deployment-config.ts'
import { folderCopyOf, unknownAccess } from './s3-folder.ts'
import { compareFolder } from './s3-step.ts'
import type { FolderDiff } from './s3-step.ts'
import { planSteps } from './step-plan.ts'
import { collectSteps } from './step-runs.ts'
import type { StepRun, StepRuns, StepSources } from './step-runs.ts'

export type StepsRequest = StepSources & {
  /** Absolute; the folder that steps work in and copy. */
  readonly projectDirectory: string
  /** Undefined where S3 cannot be asked: a copy is then planned without its numbers. */
  readonly objects: ObjectStore | undefined
}

/** The build and push steps of a release, compared with what S3 holds. */
export type StepsPlan = StepRuns & {
  readonly planned: readonly PlannedStep[]
  /** Whether the code that runs of this deployment fetch is about to change, or may be. */
  readonly copiesCode: (config: DeploymentConfig) => boolean
}

/** @throws DeployError of steps that are wrong, `bucket-unusable`. */
export async function readSteps(configs: readonly DeploymentConfig[], request: StepsRequest): Promise<StepsPlan> {
  const runs = collectSteps(configs, request)
  const copies = await compareCopies(runs.runs, request)
  return {
    ...runs,
    planned: planSteps(runs.runs, copies),
    copiesCode: (config) => runs.runsOf(config).some((run) => run.step.kind === 'copy' && copies.get(run)?.changed.length !== 0),
  }
}

/** What is known to S3 already; a copy whose bucket or folder a script prints is compared in the release. */
async function compareCopies(runs: readonly StepRun[], { objects, projectDirectory }: StepsRequest): Promise<Map<StepRun, FolderDiff>> {
  const known = runs.filter(({ step, settings }) => step.kind === 'copy' && isKnown(settings))
  throwProblems(known.flatMap((run) => unknownAccess(knownSettings(run)).map((name) => ({
    code: 'step-unsupported' as const, message: `the step ${run.step.name} sets ${name}, which this action's client for S3 does not have`,
    hint: 'Remove it; the action has keys, region_name and endpoint_url.', location: run.step.location,
  }))))
  if (objects === undefined) return new Map()
  const context = { objects, projectDirectory }
  return new Map(await Promise.all(known.map(async (run) => [run, await compareFolder(folderCopyOf(knownSettings(run)), context)] as const)))
}

function knownSettings({ settings }: StepRun): JsonObject {
  const revealed = reveal(settings, {})
  return isObject(revealed) ? revealed : {}
}
