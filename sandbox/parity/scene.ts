/** What the Prefect files of the parity cases refer to: the same on both servers, and in the environment of both programs. */
import { pushEvent } from '../runner/event.ts'
import { repository } from '../scene.ts'

/** Variables of the workspace, one for each kind of value. */
export const VARIABLES: Readonly<Record<string, unknown>> = {
  team: 'data',
  retries: 3,
  share: 0.5,
  is_prod: true,
  shops: ['berlin', 'hamburg'],
  limits: { daily: 10, nested: { deep: 'value' } },
  pool: 'ecs',
}

export type Block = { readonly type: string; readonly name: string; readonly value: unknown }

/** Blocks of the types that every server has; the data of each is under `value`. */
export const BLOCKS: readonly Block[] = [
  { type: 'secret', name: 'token', value: 's3cr3t-token' },
  { type: 'secret', name: 'login', value: { user: 'loader', password: 'hunter2hunter2' } },
]

export const STEP_ENVIRONMENT: Readonly<Record<string, string>> = { STAGE: 'production', SIZE: '512', SCHEDULE: '0 4 * * *', POOL: 'ecs' }

export const event = pushEvent()

/** By which Prefect knows that it runs on GitHub, and for which commit. */
export const GITHUB_ENVIRONMENT: Readonly<Record<string, string>> = {
  GITHUB_ACTIONS: 'true',
  GITHUB_SHA: event.sha,
  GITHUB_REF_NAME: 'main',
  GITHUB_REPOSITORY: `${repository.owner}/${repository.name}`,
  GITHUB_SERVER_URL: 'https://github.com',
}
