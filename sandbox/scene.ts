/** Who and what there is in the sandbox: the names that its parts, the sample project and the tests share. */

export const account = { id: '123456789012', region: 'eu-central-1' } as const

/** The repository whose workflow runs the action, by the ids of GitHub's API. */
export const repository = { owner: 'acme', ownerId: '1001', name: 'flows', id: '2002' } as const

export const environment = 'production'

export const ecrRepository = 'flows'
/** Where the project's code is copied to, for flows that fetch it when they run. */
export const codeBucket = 'acme-flows-code'
export const cluster = 'production'
export const service = 'prefect-worker'
/** Family of the sample project's task-definition.json. */
export const family = 'flows'
export const workPool = 'ecs'
export const workQueues = ['scheduled', 'backfill'] as const

export const roles = {
  deploy: 'flows-deploy',
  plan: 'flows-plan',
  task: 'flows-task',
  execution: 'flows-execution',
} as const

export function roleArn(name: string): string {
  return `arn:aws:iam::${account.id}:role/${name}`
}
