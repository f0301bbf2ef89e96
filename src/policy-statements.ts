const ECR_PULL = [
  'ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:DescribeImages', 'ecr:DescribeRepositories', 'ecr:GetDownloadUrlForLayer',
]

/** The statements of docs/permissions.md by their `Sid`, with the actions that each allows. */
export const STATEMENTS: Readonly<Record<string, readonly string[]>> = {
  EcrLogin: ['ecr:GetAuthorizationToken'],
  EcrPushAndLookup: [...ECR_PULL, 'ecr:CompleteLayerUpload', 'ecr:InitiateLayerUpload', 'ecr:PutImage', 'ecr:UploadLayerPart'],
  EcrLookup: ECR_PULL,
  EcrCreate: ['ecr:CreateRepository', 'ecr:PutLifecyclePolicy'],
  EcsRegister: ['ecs:RegisterTaskDefinition'],
  EcsTagOnRegister: ['ecs:TagResource'],
  EcsDescribeTaskDefinition: ['ecs:DescribeTaskDefinition'],
  EcsService: ['ecs:DescribeServices', 'ecs:UpdateService', 'ecs:ListServiceDeployments'],
  EcsServiceDeployments: ['ecs:DescribeServiceDeployments', 'ecs:DescribeServiceRevisions', 'ecs:StopServiceDeployment'],
  EcsTasks: ['ecs:ListTasks', 'ecs:DescribeTasks'],
  PassTaskRoles: ['iam:PassRole'],
  CrashLogs: ['logs:GetLogEvents'],
  CodeList: ['s3:ListBucket'],
  CodeObjects: ['s3:GetObject', 's3:PutObject'],
}

/**
 * What to add to a role's policy for an action, as a sentence. What is not documented there is told by the action alone.
 * @param action as IAM names it, `ecr:BatchGetImage`.
 */
export function missingStatement(action: string): string {
  const [first, ...others] = Object.keys(STATEMENTS).filter((sid) => STATEMENTS[sid]?.includes(action))
  if (first === undefined) return `Allow ${action} on that resource in the role's policy.`
  const inPlanRole = others.length === 0 ? '' : ` (${others.join(', ')} in the plan role)`
  return `The role's policy lacks the statement ${first}${inPlanRole} of docs/permissions.md, or the statement does not cover that resource.`
}
