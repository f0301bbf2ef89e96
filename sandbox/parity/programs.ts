/** The two programs that are compared. */
import type { Sandbox } from '../connect.ts'
import type { ParityCase } from './cases.ts'
import type { PrefectCli } from './prefect-cli.ts'
import { fileOf } from './project.ts'
import { event, GITHUB_ENVIRONMENT, STEP_ENVIRONMENT } from './scene.ts'
import type { Side } from './side.ts'

export interface Programs {
  /** One release of this action. @throws Error with its log when it fails. */
  release(parityCase: ParityCase, side: Side): Promise<void>
  /** `prefect deploy --all`, after a release has made the image. @throws Error with its output when it fails. */
  deploy(parityCase: ParityCase): Promise<void>
}

/** Nothing but the deployments: no service, no task definition, no comment. */
const INPUTS = { service: '', cluster: '', 'task-definition': '', comment: 'false' }

/** @param cli that deploys to its own server. @param workspace the project with all cases. */
export function createPrograms(sandbox: Sandbox, cli: PrefectCli, workspace: string): Programs {
  /** `repository:tag` of the releases, which the docker steps of the command line say they made. */
  let image = 'flows:latest'
  return {
    release: async (parityCase, side) => {
      const inputs = { ...INPUTS, 'prefect-api-url': side.apiUrl, 'prefect-file': fileOf(parityCase) }
      const step = await sandbox.run({ workspace, event, inputs, env: STEP_ENVIRONMENT })
      if (step.conclusion !== 'success') throw new Error(`the release failed:\n${step.log}`)
      image = `${(step.outputs.image ?? '').split('@')[0] ?? ''}:${step.outputs['image-tag'] ?? ''}`
    },
    deploy: async (parityCase) => {
      const { exitCode, output } = await cli.run({
        directory: workspace,
        arguments: ['--no-prompt', 'deploy', '--all', '--prefect-file', fileOf(parityCase)],
        environment: { ...GITHUB_ENVIRONMENT, ...STEP_ENVIRONMENT, PARITY_IMAGE: image },
      })
      if (exitCode !== 0) throw new Error(`prefect deploy failed:\n${output}`)
    },
  }
}
