import type { Problem, Warning } from '../errors.ts'
import { isList, isObject, PlannedText, resultOf, sensitive } from '../planned.ts'
import type { Json, Planned } from '../planned.ts'
import type { DeploymentConfig } from './deployment-config.ts'
import { isRevisionName, whyNoRevision } from './named-definition.ts'
import type { Path } from './pyyaml.ts'
import { lookupKey, partOfBlock, referenceOf } from './references.ts'
import type { Lookups } from './references.ts'
import { isSecretName } from '../secret-names.ts'
import { outputsOf } from './step-outputs.ts'
import { dotted, render, renderPlanned } from './template.ts'
import type { Placeholder, Resolution } from './template.ts'

/** Where the values of placeholders come from. */
export type Sources = {
  /** What `{{ $NAME }}` may read. */
  readonly environment: Readonly<Record<string, string>>
  /** Undefined when the workspace cannot be asked: what it would say is then a value of its own kind. */
  readonly lookups: Lookups | undefined
}

/** What placeholders of the action's own results stand for. */
export type Release = {
  readonly image: ReleaseImage
  /** Of the task definitions that this release registers. */
  readonly families: readonly string[]
  readonly stepOutputs?: StepOutputs
}

/** What the build and push steps of a deployment give, by the name of the placeholder: `stdout`, `<id>.stdout`, `<id>.folder`. */
export type StepOutputs = ReadonlyMap<string, Planned>

/** The image of this release, as the build's outputs name it; an image given by its digest has no tag. */
export type ReleaseImage = { readonly name: string; readonly tag: string | undefined }

/**
 * Where a part of the file is rendered in the end (`prefect/cli/deploy/_core.py`):
 * - `here`: fields of the deployment; `{{ ctx.* }}` alone is left, for the worker;
 * - `deploy`: schedules, triggers but for their parameters, and build and push steps, of which nothing is left;
 * - `event`: the parameters of triggers, which know nothing of steps: `{{ event.x }}` and the like is left to the server;
 * - `job`: job variables, where a secret stays a reference, which the worker resolves;
 * - `run`: pull steps; blocks, variables and what is unknown is left to the run.
 */
export type Stage = 'here' | 'deploy' | 'event' | 'job' | 'run'

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
  readonly #families: readonly string[]

  /** @param release what placeholders of results stand for; without any, none of them has a value. */
  constructor(config: DeploymentConfig, sources: Sources, release: Partial<Release> = {}) {
    this.#config = config
    this.#sources = sources
    this.#outputs = outputsOf(config, release)
    this.#families = release.families ?? []
  }

  /** @param path of the part in the deployment, for messages. */
  render(value: Json, stage: Stage, path: Path): Planned | undefined {
    if (stage !== 'job' && stage !== 'run') for (const at of blocksById(value, path)) this.#refuseBlockById(at)
    return render(value, (placeholder) => this.#resolve(placeholder, stage), path)
  }

  #resolve(placeholder: Placeholder, stage: Stage): Resolution {
    switch (placeholder.kind) {
      case 'runtime': return isLeft(placeholder, stage) ? 'keep' : this.#output(placeholder, stage)
      case 'environment': return this.#later(this.#environment(placeholder, stage), placeholder, stage)
      case 'variable': return stage === 'run' ? 'keep' : this.#later(this.#variable(placeholder), placeholder, stage)
      case 'block': return stage === 'job' || stage === 'run' ? 'keep' : this.#later(this.#block(placeholder), placeholder, stage)
      case 'output': return this.#output(placeholder, stage)
    }
  }

  /** Blocks, variables, environment and results are resolved one after the other, so a value may have placeholders of a later kind. */
  #later(resolution: Resolution, { kind, path }: Placeholder, stage: Stage): Resolution {
    if (typeof resolution === 'string' || stage === 'run') return resolution // pull steps are gone through only once
    const resolve = (inner: Placeholder) => (ORDER[inner.kind] > ORDER[kind] ? this.#resolve(inner, stage) : 'keep')
    const value = renderPlanned(resolution.value, resolve, path)
    return value === undefined ? 'drop' : { value }
  }

  #environment(placeholder: Placeholder, stage: Stage): Resolution {
    const name = placeholder.name.replace(/^\$+/, '')
    const value = this.#sources.environment[name]
    if (value !== undefined) return { value: isSecretName(name) ? sensitive(value) : value }
    if (stage === 'run' || stage === 'event') return 'keep'
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
    if (stage === 'event') return 'keep'
    const value = this.#outputs.get(dotted(placeholder.name))
    if (value !== undefined) return this.#fitting(placeholder, value)
    if (stage === 'run') return 'keep'
    if (isRevisionName(dotted(placeholder.name))) return this.#noRevision(placeholder)
    this.#warn(placeholder, 'no step has such an output, so it is left out', `There are ${[...this.#outputs.keys()].join(', ')}.`)
    return 'drop'
  }

  /** It stays as it is: a deployment that names a wrong one has named one. */
  #noRevision(placeholder: Placeholder): 'keep' {
    const { code, message, hint } = whyNoRevision(dotted(placeholder.name), this.#families)
    this.#fail(placeholder, code, message, hint)
    return 'keep'
  }

  #fitting(placeholder: Placeholder, value: Planned): Resolution {
    const isText = typeof value !== 'object' || value === null || 'parts' in value
    if (placeholder.isAlone || isText) return { value }
    return this.#fail(placeholder, 'prefect-file-invalid', 'a list or mapping cannot be part of a text', 'Name one of its parts.')
  }

  #refuseBlockById(path: Path): void {
    this.problems.push({
      code: 'prefect-file-invalid', message: 'a block is named by its id, which differs from workspace to workspace',
      hint: 'Name it: {{ prefect.blocks.<type>.<name> }}.', location: this.#config.locationOf(...path),
    })
  }

  #fail({ text, path }: Placeholder, code: Problem['code'], message: string, hint: string): 'drop' {
    this.problems.push({ code, message: `${text}: ${message}`, hint, location: this.#config.locationOf(...path) })
    return 'drop'
  }

  #warn({ text, path }: Placeholder, message: string, hint: string): void {
    this.warnings.push({ code: 'placeholder-unresolved', message: `${text}: ${message}`, hint, location: this.#config.locationOf(...path) })
  }
}

const ORDER: Readonly<Record<Placeholder['kind'], number>> = { block: 0, variable: 1, environment: 2, output: 3, runtime: 3 }

/** `{{ ctx.* }}` is the worker's, `{{ event.x }}` the server's when a trigger fires; elsewhere both are results that no step has. */
function isLeft({ name }: Placeholder, stage: Stage): boolean {
  return stage === 'run' || stage === 'event' || (name.startsWith('ctx.') && stage !== 'deploy')
}

/** Where a value has a block in the form `{"$ref": {"block_document_id": …}}`. */
function blocksById(value: Json, path: Path): Path[] {
  if (isList(value)) return value.flatMap((item, index) => blocksById(item, [...path, index]))
  if (!isObject(value)) return []
  if (isObject(value.$ref) && 'block_document_id' in value.$ref) return [path]
  return Object.entries(value).flatMap(([key, item]) => blocksById(item, [...path, key]))
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
