import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readInputs } from '../src/inputs.ts'
import type { Inputs } from '../src/inputs.ts'
import { run } from '../src/main.ts'
import type { ReleasePlan } from '../src/release-plan.ts'
import { createFolder, writeContent } from './build-folder.ts'
import type { FileContent } from './build-folder.ts'
import { createFakeLog } from './fake-log.ts'
import type { FakeLog } from './fake-log.ts'
import { createFakePorts } from './fake-ports.ts'
import type { FakePorts, FakePortsOptions } from './fake-ports.ts'
import { aTaskDefinition } from './fake-task-definitions.ts'
import { aPool } from './prefect-files/deployments.ts'

export const PREFECT_FILE = `
deployments:
- name: nightly
  entrypoint: flows/etl.py:etl
  schedules: [{cron: "0 3 * * *"}]
  work_pool: {name: ecs}
`

/** A role, and the route to the OIDC token to assume it with. */
export const CREDENTIALS = {
  'INPUT_ROLE-TO-ASSUME': 'arn:aws:iam::123456789012:role/deploy',
  ACTIONS_ID_TOKEN_REQUEST_URL: 'http://127.0.0.1:9/token?api-version=2.0', ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-token',
}

/** What a run of a fork gets of the above: variables and secrets of the repository are empty text there. */
export const NO_CREDENTIALS = { ...Object.fromEntries(Object.keys(CREDENTIALS).map((name) => [name, ''])), 'INPUT_PREFECT-API-URL': '' }

export type ProjectOptions = { readonly files?: Readonly<Record<string, FileContent>>; readonly ports?: Partial<FakePortsOptions> }

/** What a step said; `plan` is its `plan.json`, if it came so far. */
export type Step = { readonly log: FakeLog; readonly plan: ReleasePlan | undefined }

export type Project = {
  readonly ports: FakePorts
  /** The step's inputs, on a push with credentials, with these variables besides; an empty one is an absent one. */
  readonly inputs: (environment?: Readonly<Record<string, string>>) => Inputs
  /** Runs the step in the project with such variables. */
  readonly step: (environment?: Readonly<Record<string, string>>) => Promise<Step>
  readonly edit: (file: string, text: string) => void
}

/** A checkout with one deployment on an ECS pool, a task definition and a worker service that runs it, and all ports in memory. */
export function aProject({ files = {}, ports: options = {} }: ProjectOptions = {}): Project {
  const workspace = createFolder({
    'prefect.yaml': PREFECT_FILE, Dockerfile: 'FROM python\nCOPY flows flows\n', 'flows/etl.py': 'etl = 1\n',
    'task-definition.json': JSON.stringify(aTaskDefinition()), ...files,
  })
  const temporary = createFolder({})
  const ports = createFakePorts({ flows: { 'flows/etl.py:etl': {} }, workPools: [aPool(['task_definition_arn', 'env'])], ...options })
  const defaults = {
    GITHUB_EVENT_NAME: 'push', GITHUB_WORKSPACE: workspace, GITHUB_REPOSITORY: 'acme/flows', RUNNER_TEMP: temporary,
    'INPUT_AWS-REGION': 'eu-central-1', 'INPUT_PREFECT-API-URL': 'http://127.0.0.1:4200/api', 'INPUT_ECR-REPOSITORY': 'flows',
    'INPUT_TASK-DEFINITION': 'task-definition.json', INPUT_SERVICE: 'worker',
    ...CREDENTIALS,
  }
  return {
    ports,
    inputs: (environment = {}) => readInputs({ ...defaults, ...environment }),
    step: async (environment = {}) => {
      const log = createFakeLog()
      await run({ environment: { ...defaults, ...environment }, log, connect: () => ports })
      return { log, plan: planIn(log) }
    },
    edit: (file, text) => { writeContent(join(workspace, file), text) },
  }
}

function planIn({ outputs: { plan } }: FakeLog): ReleasePlan | undefined {
  return plan !== undefined && existsSync(plan) ? (JSON.parse(readFileSync(plan, 'utf8')) as ReleasePlan) : undefined
}
