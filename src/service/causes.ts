/** What usually is behind a text of ECS. */
export type Cause = {
  readonly pattern: RegExp
  readonly verdict: string
  readonly hint: string
  /** So many tasks that failed alike are enough to give a rollout up; none are where the next attempt may do better by itself. */
  readonly attempts?: number
}

/** The cause of what ECS or a container said; undefined for what is not known. */
export function causeOf(text: string): Cause | undefined {
  return CAUSES.find(({ pattern }) => pattern.test(text))
}

/** What no further attempt mends: the image, the role and the secret stay as they are. */
const LASTING = 2
/** What may have been the moment's: a container that ended, a network that was away. */
const REPEATED = 3

/** The first that fits a text is its cause. Texts as ECS writes them (stopped tasks error codes, ECS developer guide). */
const CAUSES: readonly Cause[] = [
  {
    pattern: /matching platform|exec format error|no match for platform/i,
    verdict: 'the image is for another CPU architecture than the task definition',
    attempts: LASTING,
    hint: 'Build for the platform of runtimePlatform.cpuArchitecture (input platform), or change that.',
  },
  {
    pattern: /CannotPull.*(toomanyrequests|rate limit)/is,
    verdict: 'a registry limits pulls',
    hint: 'Pull the image of the other container through an ECR pull-through cache.',
  },
  {
    pattern: /CannotPull.*(i\/o timeout|dial tcp|deadline exceeded|no such host|connection refused)/is,
    verdict: 'the task does not reach the registry',
    attempts: REPEATED,
    hint: 'Give the subnet a route: a NAT gateway, a public IP, or VPC endpoints for ecr.api, ecr.dkr and s3.',
  },
  {
    pattern: /CannotPull.*(\b403\b|AccessDenied|not authorized|no basic auth|access denied)/is,
    verdict: 'the execution role may not pull the image',
    attempts: LASTING,
    hint: 'Allow ecr:GetAuthorizationToken, ecr:BatchGetImage and ecr:GetDownloadUrlForLayer in the execution role ' +
      'and in the repository\'s policy.',
  },
  {
    pattern: /diffIDs don't match/i,
    verdict: 'the image mixes compressions of layers',
    attempts: LASTING,
    hint: 'Build the image again with one compression.',
  },
  {
    pattern: /CannotPull.*(not found|manifest unknown|does not exist)/is,
    verdict: 'the image is not in the repository',
    attempts: LASTING,
    hint: 'A lifecycle policy may have expired it, or it is in another region or account: build it again, or deploy another one.',
  },
  { pattern: /CannotPull/i, verdict: 'the image cannot be pulled', attempts: REPEATED, hint: 'The reason above is the container runtime\'s own.' },
  {
    pattern: /ResourceInitializationError.*(logger|awslogs|log group|log driver)/is,
    verdict: 'the container\'s log cannot be written',
    attempts: LASTING,
    hint: 'Create the log group, or allow logs:CreateLogStream and logs:PutLogEvents in the execution role.',
  },
  {
    pattern: /ResourceInitializationError.*(secret|ssm|kms|parameter)/is,
    verdict: 'a secret of the task definition cannot be read',
    attempts: LASTING,
    hint: 'Check that it exists, that the execution role may read and decrypt it, and that the subnet reaches its service.',
  },
  {
    pattern: /ResourceInitializationError/i,
    verdict: 'the task\'s resources cannot be set up',
    attempts: REPEATED,
    hint: 'The reason above is ECS\'s own.',
  },
  {
    pattern: /OutOfMemory|exit code 137/i,
    verdict: 'the container was killed, most often for lack of memory',
    attempts: REPEATED,
    hint: 'Raise memory in the task definition.',
  },
  {
    pattern: /exit code 139/i,
    verdict: 'the container crashed with a segmentation fault',
    attempts: REPEATED,
    hint: 'A native library does not fit the image or the CPU.',
  },
  {
    pattern: /health checks?/i,
    verdict: 'the container fails its health check',
    hint: 'Run the health check\'s command in the image, and give the start enough time (startPeriod).',
  },
  {
    pattern: /RESOURCE:|capacity is unavailable|unable to place a task|SpotInterruption/i,
    verdict: 'there is no capacity for the task',
    hint: 'It is not the release\'s fault: add capacity to the cluster, or run again later.',
  },
  {
    pattern: /exit code 143/i,
    verdict: 'the container was told to end (SIGTERM), though not by ECS',
    attempts: REPEATED,
    hint: 'Look in its log for what stops it: a supervisor in the image, a limit of its own, the host that goes down.',
  },
  {
    pattern: /exit code [1-9]/i,
    verdict: 'the container exits at once',
    attempts: REPEATED,
    hint: 'Its log says why; run the image with the same command and environment to see it.',
  },
  {
    pattern: /Essential container in task exited/i,
    verdict: 'the container ends although it should keep running',
    attempts: REPEATED,
    hint: 'A worker\'s command must not end: prefect worker start --pool ….',
  },
]
