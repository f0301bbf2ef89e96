import { join } from 'node:path'
import { DeployError } from '../errors.ts'
import type { Log, Registry } from '../ports.ts'
import { isNotFound, runChild } from './child-process.ts'
import type { ChildRequest, ChildResult } from './child-process.ts'
import { childEnvironment } from './child-environment.ts'
import { createDockerConfig } from './docker-config.ts'
import type { DockerConfig } from './docker-config.ts'
import { dockerMissing } from './docker-failure.ts'

export type DockerCliOptions = {
  /** The job's variables; children see a few of them. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly temporaryDirectory: string
  /** Undefined without AWS credentials: the user's own logins have to do. */
  readonly registry: Pick<Registry, 'login'> | undefined
  readonly log: Pick<Log, 'info' | 'debug'>
  /** Cancels everything that is under way, and removes containers and logins at once. */
  readonly signal?: AbortSignal
}

export type CommandOptions = {
  readonly input?: ChildRequest['input']
  /** Whether the command talks to registries. */
  readonly login?: boolean
  /** Where its output goes line by line; `debug` by default, which a workflow may show to everybody. */
  readonly print?: 'info' | 'debug' | 'nothing'
  readonly environment?: Readonly<Record<string, string>>
  /** Ends the command, besides a cancelled run. */
  readonly signal?: AbortSignal
}

/** The program `docker`, run with few variables and a configuration folder of its own. */
export class DockerCli {
  readonly #options: DockerCliOptions
  readonly #containers = new Set<string>()
  #config: Promise<DockerConfig> | undefined
  #disposed: Promise<void> | undefined

  constructor(options: DockerCliOptions) {
    this.#options = options
    options.signal?.addEventListener('abort', () => { void this.dispose() })
  }

  /**
   * Runs a command to its end, whatever its exit code.
   * @throws DeployError `docker-unavailable` without the program, `cancelled` when the run is; an AbortError when the
   * command's own signal ends it.
   */
  async run(args: readonly string[], { login = false, signal, ...options }: CommandOptions = {}): Promise<ChildResult> {
    const cancelled = this.#options.signal
    const signals = [cancelled, signal].filter((one) => one !== undefined)
    try {
      cancelled?.throwIfAborted()
      const { registry } = this.#options
      if (login && registry !== undefined) await (await this.#configuration()).addLogin(await registry.login())
      return await this.#spawn(args, { ...options, ...(signals.length > 0 && { signal: AbortSignal.any(signals) }) })
    } catch (error) {
      // Whatever failed then failed for it: the configuration folder is gone, the program was ended.
      if (cancelled?.aborted === true) throw new DeployError('cancelled', 'The run was cancelled', { cause: error })
      throw error
    }
  }

  /** Remembers a container while something runs in it, so that no ending of the run leaves it behind. */
  async withContainer<T>(name: string, work: () => Promise<T>): Promise<T> {
    this.#containers.add(name)
    try {
      return await work()
    } catch (error) {
      await (this.#disposed ?? this.#remove(name))
      throw error
    } finally {
      this.#containers.delete(name)
    }
  }

  /** Removes containers, configuration and logins; once. */
  dispose(): Promise<void> {
    this.#disposed ??= this.#end()
    return this.#disposed
  }

  async #end(): Promise<void> {
    await Promise.all([...this.#containers].map((name) => this.#remove(name)))
    const config = await this.#config?.catch(() => undefined)
    config?.remove()
  }

  /** The client's end does not end a container: its first process gets no SIGTERM that it does not ask for. */
  async #remove(name: string): Promise<void> {
    await this.#spawn(['rm', '--force', name], {}).catch(() => undefined)
  }

  async #spawn(args: readonly string[], { input, print = 'debug', environment = {}, signal }: CommandOptions): Promise<ChildResult> {
    const config = await this.#configuration()
    try {
      return await runChild({
        program: 'docker',
        args,
        environment: { ...this.#environment(), ...config.environment, ...environment },
        ...(input !== undefined && { input }),
        ...(print !== 'nothing' && { onLine: (line) => { this.#options.log[print](line) } }),
        ...(signal !== undefined && { signal }),
      })
    } catch (error) {
      throw isNotFound(error) ? dockerMissing(error) : error
    }
  }

  #configuration(): Promise<DockerConfig> {
    const { environment, temporaryDirectory } = this.#options
    const original = environment.DOCKER_CONFIG ?? join(environment.HOME ?? '/', '.docker')
    this.#config ??= createDockerConfig({ temporaryDirectory, original, environment: this.#environment() })
    return this.#config
  }

  #environment(): Record<string, string> {
    return childEnvironment(this.#options.environment)
  }
}
