import type { Warning } from '../errors.ts'
import type { Planned } from '../planned.ts'
import { isUnpinned } from '../unpinned-image.ts'
import { variablesOf } from './effective-job.ts'
import { containersOf } from './judged.ts'
import type { Judged } from './judged.ts'
import type { Path } from './pyyaml.ts'

/** Job variables whose values do not get where one would think they do. */
export function variableTraps(judged: Judged): Warning[] {
  return [...withoutEffect(judged), ...otherDefinition(judged), ...poolImage(judged), ...unpinnedImage(judged)]
}

/** What the file sets and no worker reads: misspelt, unknown to an older pool, or for task definitions that the worker makes. */
function withoutEffect(judged: Judged): Warning[] {
  const { config, pool, job } = judged
  const known = variablesOf(pool)
  return Object.keys(config.workPool.jobVariables).flatMap((name): Warning[] => {
    const [root = name] = name.split('.')
    const uses = job.usesOf(root)
    const location = config.locationOf('work_pool', 'job_variables', name)
    const subject = `job variable "${name}" of deployment "${config.name}"`
    if (SAID_ELSEWHERE.includes(root)) return []
    if (!known.includes(root) && uses.length === 0) {
      const hint = `Correct its name, or add it to the pool's base job template, which has ${known.join(', ') || 'no variables'}.`
      const message = `${subject} is unknown to work pool "${pool.name}", so it has no effect`
      return [{ code: 'job-variable-unknown', message, hint, location }]
    }
    const reason = reasonOfNoEffect(judged, uses)
    const hint = 'Remove it, or set what it is for in the task definition or in the base job template.'
    return reason === undefined ? [] : [{ code: 'job-variable-ignored', message: `${subject} has no effect: ${reason}`, hint, location }]
  })
}

/** The worker merges `env` by itself; of the others more is to be said than that they have no effect. */
const SAID_ELSEWHERE: readonly string[] = [
  'env', 'image', 'task_definition_arn', 'prefect_api_key_secret_arn', 'prefect_api_auth_string_secret_arn',
]

/** Keys of the job configuration that count only when the worker makes the task definition. */
const FOR_MAKING: readonly Path[number][] = [
  'task_definition', 'execution_role_arn', 'configure_cloudwatch_logs', 'cloudwatch_logs_options', 'cloudwatch_logs_prefix',
  'auto_deregister_task_definition', 'match_latest_revision_in_family',
]

function reasonOfNoEffect({ pool, run }: Judged, uses: readonly Path[]): string | undefined {
  if (uses.length === 0) return `the job configuration of work pool "${pool.name}" does not refer to it`
  const isForMaking = uses.every(([key = '']) => FOR_MAKING.includes(key))
  return run.origin !== 'worker' && isForMaking ? 'the worker makes no task definition, it runs a registered one' : undefined
}

/** A deployment that names a task definition of its own is warned of where the image is placed. */
function otherDefinition({ run, pool, config }: Judged): Warning[] {
  if (run.origin !== 'elsewhere' || run.arn.origin === 'deployment') return []
  const how = run.arn.origin === 'pool default' ? 'by default' : 'in its template'
  return [{
    code: 'image-ignored',
    message: `work pool "${pool.name}" has ${how} a task definition of its own, so the image of this release is not used`,
    hint: 'Take it out of the pool, or set the input task-definition and let the pool take task_definition_arn.',
    location: config.locationOf('work_pool'),
  }]
}

function poolImage({ run, job, pool, config }: Judged): Warning[] {
  const images = containersOf(job.configuration.task_definition)
    .map((_, index) => job.setting('task_definition', 'containerDefinitions', index, 'image'))
  const image = images.find((each) => each !== undefined && each.origin !== 'deployment')
  if (run.origin === 'worker' || image === undefined) return []
  const how = image.origin === 'pool default' ? 'by default' : 'in its template'
  return [{
    code: 'image-ignored',
    message: `work pool "${pool.name}" has ${how} the image ${shown(image.value)}, which has no effect beside a task definition`,
    hint: 'Remove it from the base job template: the image is in the task definition.',
    location: config.locationOf('work_pool'),
  }]
}

function unpinnedImage({ config, job, run }: Judged): Warning[] {
  const { image } = job.variables
  if (run.origin !== 'worker' || typeof image !== 'string' || !isUnpinned(image)) return []
  return [{
    code: 'image-unpinned',
    message: `deployment "${config.name}" runs ${image}, which is another image with every push`,
    hint: 'Name it by its digest or by a tag that stays, or write "{{ image }}" for the image of this release.',
    location: config.locationOf('work_pool', 'job_variables', 'image'),
  }]
}

function shown(value: Planned): string {
  return typeof value === 'string' ? value : 'of its own'
}
