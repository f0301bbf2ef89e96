import { createRepositoryPolicy, deployPolicy, planPolicy, trustPolicy } from '../aws/policies.ts'
import type { PolicyTargets } from '../aws/policies.ts'
import type { Sandbox } from '../connect.ts'
import { account, repository, roleArn } from '../scene.ts'
import { policyTargets } from '../seed-aws.ts'

/** Roles of the documentation, each for the jobs that its trust policy names. */
export const exampleRoles = { main: 'flows-main', drift: 'flows-drift', staging: 'flows-staging', production: 'flows-production' } as const

/** @param targets instead of those of the sample project. */
export async function createExampleRoles({ aws }: Sandbox, targets: Partial<PolicyTargets> = {}): Promise<void> {
  const [deploy, plan] = [deployPolicy, planPolicy].map((policy) => policy({ ...policyTargets, ...targets }))
  if (deploy === undefined || plan === undefined) return
  for (const [name, subject, policy] of [
    [exampleRoles.main, 'ref:refs/heads/main', deploy],
    [exampleRoles.drift, 'ref:refs/heads/main', plan],
    [exampleRoles.staging, 'environment:staging', deploy],
    [exampleRoles.production, 'environment:production', deploy],
  ] as const) await aws.createRole({ name, trustPolicy: trustPolicy(account.id, repository, [subject]), policy })
}

/** The deploy role, for a repository that a release has to create. */
export async function allowCreation({ aws }: Sandbox, ecrRepository: string): Promise<void> {
  const targets = { ...policyTargets, repository: ecrRepository }
  const policy = createRepositoryPolicy(deployPolicy(targets), targets)
  await aws.createRole({ name: exampleRoles.main, trustPolicy: trustPolicy(account.id, repository, ['ref:refs/heads/main']), policy })
}

export const arnOf = (role: keyof typeof exampleRoles): string => roleArn(exampleRoles[role])
