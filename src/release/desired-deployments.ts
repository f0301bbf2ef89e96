import type { DeploymentConfig } from '../deployment/deployment-config.ts'
import { desireDeployment } from '../deployment/desired.ts'
import type { DesireOptions } from '../deployment/desired.ts'
import type { DesiredDeployment, KeptField } from '../deployment/desired-deployment.ts'
import { findWorkPool } from '../deployment/job-image.ts'
import type { Pin } from '../deployment/job-image.ts'
import { keptProblems } from '../deployment/kept-problems.ts'
import type { ReleaseImage, Sources } from '../deployment/rendering.ts'
import type { StepsPlan } from '../deployment/step-read.ts'
import { repeatedDeployments } from '../deployment/repeated.ts'
import { DeployError, throwProblems } from '../errors.ts'
import type { Warning } from '../errors.ts'
import type { LiveState, LiveWorkPool } from '../prefect-ports.ts'
import type { ReadFlow, ReleaseFlows } from './release-flows.ts'

export type Desiring = {
  readonly live: LiveState
  readonly sources: Sources
  readonly flows: ReleaseFlows
  readonly names: ReleaseImage
  /** Of the task definitions that this release registers. */
  readonly families: readonly string[]
  readonly pin?: Pin
  readonly steps: StepsPlan
  /** Undefined where that is not known. */
  readonly isCloud?: boolean | undefined
  /** What the UI owns. */
  readonly keep?: readonly KeptField[]
}

export type Desired = { readonly desired: DesiredDeployment; readonly config: DeploymentConfig; readonly pool: LiveWorkPool }

/** Every deployment's desired state; what is wrong with several of them is said together. */
export function desireAll(
  configs: readonly DeploymentConfig[], { live, sources, flows, names, families, pin = 'deployment', keep = [], steps, isCloud }: Desiring,
): { readonly deployments: readonly Desired[]; readonly warnings: readonly Warning[] } {
  const errors: DeployError[] = []
  const warnings: Warning[] = []
  const deployments = configs.flatMap((config): Desired[] => {
    const pool = findWorkPool(config, live.workPools)
    const { workingDirectory, ...read } = flows.of(config)
    try {
      const image = { ...names, workingDirectory }
      const result = desire(read, { ...sources, config, pool, image, families, pin, keep, stepOutputs: steps.outputsOf(config), isCloud })
      throwProblems(keptProblems(result.desired, live))
      warnings.push(...result.warnings)
      return [{ desired: result.desired, config, pool }]
    } catch (error) {
      if (!(error instanceof DeployError)) throw error
      errors.push(error)
      return []
    }
  })
  throwProblems(errors)
  throwProblems(repeatedDeployments(deployments.map(({ desired }) => desired)))
  return { deployments, warnings }
}

/** A schema that was not read in the image says nothing of this checkout's parameters; the live one stays. */
function desire({ flow, isUnread }: Pick<ReadFlow, 'flow' | 'isUnread'>, options: Omit<DesireOptions, 'flow'>): ReturnType<typeof desireDeployment> {
  if (!isUnread) return desireDeployment({ ...options, flow })
  const { desired, warnings } = desireDeployment({ ...options, flow: { ...flow, parameterSchema: {} } })
  return { desired: { ...desired, fields: { ...desired.fields, parameter_openapi_schema: flow.parameterSchema } }, warnings }
}
