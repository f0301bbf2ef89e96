import type { StoppedTask } from '../ports.ts'

/** What is known of a rollout that failed. */
export type Evidence = {
  /** Tasks of the new revision that stopped, newest first. */
  readonly tasks: readonly StoppedTask[]
  /** Last log lines of the newest task that failed. */
  readonly logTail: readonly string[]
  /** What ECS says otherwise: the deployment's reason, the service's events. */
  readonly messages: readonly string[]
}

export type Diagnosis = {
  /** The cause in one sentence, without a full stop. */
  readonly verdict: string
  /** What to do. */
  readonly hint: string
  /** Distinct reasons, the most frequent first. */
  readonly reasons: readonly { readonly text: string; readonly count: number }[]
}

type Cause = { readonly pattern: RegExp; readonly verdict: string; readonly hint: string }

/** The first that fits a text is its cause. Texts as ECS writes them (stopped tasks error codes, ECS developer guide). */
const CAUSES: readonly Cause[] = [
  {
    pattern: /matching platform|exec format error|no match for platform/i,
    verdict: 'the image is for another CPU architecture than the task definition',
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
    hint: 'Give the subnet a route: a NAT gateway, a public IP, or VPC endpoints for ecr.api, ecr.dkr and s3.',
  },
  {
    pattern: /CannotPull.*(403|AccessDenied|not authorized|no basic auth|access denied)/is,
    verdict: 'the execution role may not pull the image',
    hint: 'Allow ecr:GetAuthorizationToken, ecr:BatchGetImage and ecr:GetDownloadUrlForLayer in the execution role ' +
      'and in the repository\'s policy.',
  },
  {
    pattern: /diffIDs don't match/i,
    verdict: 'the image mixes compressions of layers',
    hint: 'Build the image again with one compression.',
  },
  {
    pattern: /CannotPull.*(not found|manifest unknown|does not exist)/is,
    verdict: 'the image is not in the repository',
    hint: 'A lifecycle policy may have expired it, or it is in another region or account: build it again, or deploy another one.',
  },
  { pattern: /CannotPull/i, verdict: 'the image cannot be pulled', hint: 'The reason above is the container runtime\'s own.' },
  {
    pattern: /ResourceInitializationError.*(logger|awslogs|log group|log driver)/is,
    verdict: 'the container\'s log cannot be written',
    hint: 'Create the log group, or allow logs:CreateLogStream and logs:PutLogEvents in the execution role.',
  },
  {
    pattern: /ResourceInitializationError.*(secret|ssm|kms|parameter)/is,
    verdict: 'a secret of the task definition cannot be read',
    hint: 'Check that it exists, that the execution role may read and decrypt it, and that the subnet reaches its service.',
  },
  { pattern: /ResourceInitializationError/i, verdict: 'the task\'s resources cannot be set up', hint: 'The reason above is ECS\'s own.' },
  {
    pattern: /OutOfMemory|exit code 137/i,
    verdict: 'the container was killed, most often for lack of memory',
    hint: 'Raise memory in the task definition.',
  },
  {
    pattern: /exit code 139/i,
    verdict: 'the container crashed with a segmentation fault',
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
    pattern: /exit code [1-9]/i,
    verdict: 'the container exits at once',
    hint: 'Its log says why; run the image with the same command and environment to see it.',
  },
  {
    pattern: /Essential container in task exited/i,
    verdict: 'the container ends although it should keep running',
    hint: 'A worker\'s command must not end: prefect worker start --pool ….',
  },
]

const UNKNOWN: Omit<Cause, 'pattern'> = {
  verdict: 'the new tasks did not become steady',
  hint: 'The service\'s events and its stopped tasks, in the ECS console, say more.',
}

/** Says why a rollout failed: what ECS and the container said, the most frequent first, and what usually is behind that. */
export function diagnose({ tasks, logTail, messages }: Evidence): Diagnosis {
  const reasons = countReasons(tasks.filter(isFailure).map(describeTask))
  const texts = reasons.length > 0 ? [...logTail.filter(isAboutFormat), ...reasons.map(({ text }) => text)] : messages
  const [{ verdict, hint } = UNKNOWN] = texts.flatMap((text) => CAUSES.find(({ pattern }) => pattern.test(text)) ?? [])
  return { verdict, hint, reasons }
}

/** Whether a task stopped by itself; ECS stops tasks when it scales and when it puts a service back. */
export function isFailure({ stopCode, reason }: StoppedTask): boolean {
  return stopCode !== 'UserInitiated' && !(stopCode === 'ServiceSchedulerInitiated' && /scaling activity|deployment/i.test(reason))
}

/** What is worth telling of a stopped task, in one line. */
function describeTask({ stopCode, reason, containers }: StoppedTask): string {
  const failed = containers.filter(({ exitCode, reason: own }) => own !== '' || (exitCode !== undefined && exitCode !== 0))
  const parts = failed.map(({ name, exitCode, reason: own }) =>
    join([`container ${name}`, exitCode === undefined ? '' : `exit code ${exitCode}`, own === reason ? '' : own], ', '))
  return join([reason === '' ? stopCode : reason, ...parts], '; ')
}

function join(parts: readonly string[], separator: string): string {
  return parts.filter((part) => part !== '').join(separator)
}

/** Ids of tasks and requests make the same reason look different. */
function countReasons(texts: readonly string[]): Diagnosis['reasons'] {
  const counts = new Map<string, { text: string; count: number }>()
  for (const text of texts) {
    const key = text.replace(/\b[0-9a-f]{32}\b|\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '…')
    const seen = counts.get(key) ?? { text, count: 0 }
    counts.set(key, { ...seen, count: seen.count + 1 })
  }
  return [...counts.values()].sort((a, b) => b.count - a.count)
}

function isAboutFormat(line: string): boolean {
  return /exec format error/i.test(line)
}
