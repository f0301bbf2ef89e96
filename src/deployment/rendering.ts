import type { Problem, Warning } from '../errors.ts'
import { isList, isObject, PlannedText, resultOf, sensitive } from '../planned.ts'
import type { Json, Planned } from '../planned.ts'
import type { DeploymentConfig } from './deployment-config.ts'
import type { Path } from './pyyaml.ts'
import { lookupKey, partOfBlock, referenceOf } from './references.ts'
import type { Lookups } from './references.ts'
import { isSecretName } from '../secret-names.ts'
import { render } from './template.ts'
import type { Placeholder, Resolution } from './template.ts'

/** Where the values of placeholders come from. */
export type Sources = {
  /** What `{{ $NAME }}` may read. */
  readonly environment: Readonly<Record<string, string>>
  /** Undefined when the workspace cannot be asked: what it would say is then a value of its own kind. */
  readonly lookups: Lookups | undefined
}

/** What placeholders of the action's own results stand for. */
export type Release = { readonly image: ReleaseImage; readonly hasTaskDefinition: boolean }

/** The image of this release, as the build's outputs name it; an image given by its digest has no tag. */
export type ReleaseImage = { readonly name: string; readonly tag: string | undefined }

/**
 * Where a part of the file is rendered in the end: `here`, or, for what it leaves alone, in the worker (`job`, where a
 * secret stays a reference) or in the run (`run`, pull steps).
 */
export type Stage = 'here' | 'job' | 'run'

/**
 * Renders the parts of one deployment, and collects what is wrong with their placeholders. It follows
 * `prefect deploy`, but values without `$` never come from the environment, and a list keeps its items.
 */
export class Rendering {
  readonly problems: Problem[] = []
  readonly warnings: Warning[] = []
  readonly #config: DeploymentConfig
  readonly #sources: Sources
  readonly #outputs: ReadonlyMap<string, Planned>

  constructor(config: DeploymentConfig, sources: Sources, release?: Release) {
    this.#config = config
    this.#sources = sources
    this.#outputs = release === undefined ? new Map() : outputsOf(config, release)
  }

  /** @param path of the part in the deployment, for messages. */
  render(value: Json, stage: Stage, path: Path): Planned | undefined {
    return render(value, (placeholder) => this.#resolve(placeholder, stage), path)
  }

  #resolve(placeholder: Placeholder, stage: Stage): Resolution {
    switch (placeholder.kind) {
      case 'runtime': return 'keep'
      case 'environment': return this.#environment(placeholder, stage)
      case 'variable': return stage === 'run' ? 'keep' : this.#variable(placeholder)
      case 'block': return stage === 'here' ? this.#block(placeholder) : 'keep'
      case 'output': return this.#output(placeholder, stage)
    }
  }

  #environment(placeholder: Placeholder, stage: Stage): Resolution {
    const name = placeholder.name.replace(/^\$+/, '')
    const value = this.#sources.environment[name]
    if (value !== undefined) return { value: isSecretName(name) ? sensitive(value) : value }
    if (stage === 'run') return 'keep'
    this.#warn(placeholder, `the environment has no ${name}, so it is empty`, 'Set it in the "env" of the workflow, its job or this step.')
    return { value: '' }
  }

  #variable(placeholder: Placeholder): Resolution {
    const { lookups } = this.#sources
    if (lookups === undefined) return { value: resultOf('workspace') }
    const reference = referenceOf(placeholder)
    const value = reference === undefined ? undefined : lookups.get(lookupKey(reference))
    if (value !== undefined) return this.#fitting(placeholder, value)
    this.#warn(placeholder, 'the workspace has no such variable, so it is empty', 'Create the variable, or correct its name.')
    return { value: '' }
  }

  #block(placeholder: Placeholder): Resolution {
    const { lookups } = this.#sources
    if (lookups === undefined) return { value: new PlannedText([{ result: 'workspace' }], true) }
    const reference = referenceOf(placeholder)
    const data = reference === undefined ? undefined : lookups.get(lookupKey(reference))
    const value = data === undefined ? undefined : partOfBlock(data, placeholder)
    if (value === undefined) {
      const missing = data === undefined ? 'the workspace has no such block' : 'the block has no such part'
      return this.#fail(placeholder, 'reference-missing', missing, 'It is prefect.blocks.<type>.<name>, then the keys of the part.')
    }
    return hasHiddenNumber(placeholder, value)
      ? this.#fail(placeholder, 'prefect-file-invalid', 'only text can be kept out of the plan', 'Store the secret as text.')
      : this.#fitting(placeholder, asSensitive(value))
  }

  #output(placeholder: Placeholder, stage: Stage): Resolution {
    const value = this.#outputs.get(placeholder.name)
    if (value !== undefined) return { value }
    if (stage === 'run') return 'keep'
    if (placeholder.name === 'task_definition_arn') {
      return this.#fail(placeholder, 'prefect-file-invalid', 'this release has no task definition', 'Set the input task-definition.')
    }
    this.#warn(placeholder, 'no step has such an output, so it is left out', `There are ${[...this.#outputs.keys()].join(', ')}.`)
    return 'drop'
  }

  #fitting(placeholder: Placeholder, value: Planned): Resolution {
    const isText = typeof value !== 'object' || value === null || 'parts' in value
    if (placeholder.isAlone || isText) return { value }
    return this.#fail(placeholder, 'prefect-file-invalid', 'a list or mapping cannot be part of a text', 'Name one of its parts.')
  }

  #fail({ text, path }: Placeholder, code: Problem['code'], message: string, hint: string): 'drop' {
    this.problems.push({ code, message: `${text}: ${message}`, hint, location: this.#config.locationOf(...path) })
    return 'drop'
  }

  #warn({ text, path }: Placeholder, message: string, hint: string): void {
    this.warnings.push({ code: 'placeholder-unresolved', message: `${text}: ${message}`, hint, location: this.#config.locationOf(...path) })
  }
}

/** The action's own results under the names that Prefect's Docker steps give them, flat and under each step's id. */
function outputsOf(config: DeploymentConfig, { image: { name, tag }, hasTaskDefinition }: Release): Map<string, Planned> {
  const own = Object.entries<Planned>({ image: resultOf('image'), image_name: name, ...(tag !== undefined && { tag }) })
  const ids = new Set(['build-image', 'push-image', ...config.buildSteps.imageIds])
  return new Map([
    ...own,
    ...[...ids].flatMap((id) => own.map(([key, value]): [string, Planned] => [`${id}.${key}`, value])),
    ...(hasTaskDefinition ? [['task_definition_arn', resultOf('taskDefinition')] satisfies [string, Planned]] : []),
  ])
}

function asSensitive(value: Json): Planned {
  if (typeof value === 'string') return sensitive(value)
  if (isList(value)) return value.map(asSensitive)
  return isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, asSensitive(item)])) : value
}

function hasHiddenNumber({ name }: Placeholder, value: Json): boolean {
  const hasNumber = (part: Json): boolean =>
    part !== null && (typeof part === 'object' ? Object.values(part).some(hasNumber) : typeof part !== 'string')
  return name.startsWith('prefect.blocks.secret.') && hasNumber(value)
}
