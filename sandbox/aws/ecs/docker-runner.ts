import type { ContainerDefinition } from '@aws-sdk/client-ecs'
import { issueRegistryLogin } from '../identity.ts'
import type { Principal } from '../identity.ts'
import type { Revision, StoredTask, World } from '../world.ts'
import { settingsOf, StartFailure } from './container-settings.ts'
import type { ContainerEnd, ContainerEngine } from './engine.ts'
import type { Ending } from './fate.ts'
import { parseImage } from './revision.ts'
import { logOf, markPending, markRunning, markStopped } from './task-record.ts'
import type { TaskRunner } from './task-runner.ts'

/** Seconds that a container has to end after SIGTERM; ECS gives thirty. */
const STOP_SECONDS = 2

type RunningTask = { readonly containers: Map<string, string>; stoppedReason?: string; done: Promise<void> }

/** Runs tasks in a container engine, on the network of the host: images, exit codes and pull errors are real. */
export class DockerRunner implements TaskRunner {
  readonly #engine: ContainerEngine
  readonly #running = new Map<string, RunningTask>()

  constructor(engine: ContainerEngine) {
    this.#engine = engine
  }

  start(world: World, task: StoredTask, revision: Revision): void {
    const running: RunningTask = { containers: new Map(), done: Promise.resolve() }
    this.#running.set(task.taskArn, running)
    const ended = this.#run(world, { task, revision, running }).catch((error: unknown) => {
      markStopped(world, task.taskArn, endOfStart(error, running.stoppedReason))
    })
    running.done = ended
      .then(() => this.#remove(running))
      .finally(() => {
        this.#running.delete(task.taskArn)
      })
  }

  stop(_world: World, { taskArn }: StoredTask, reason: string): void {
    const running = this.#running.get(taskArn)
    if (running === undefined) return
    running.stoppedReason = reason
    void this.#stopAll(running)
  }

  async dispose(): Promise<void> {
    const all = [...this.#running.values()]
    for (const running of all) running.stoppedReason = 'The simulator ended'
    await Promise.all(all.map((running) => this.#remove(running)))
    await Promise.all(all.map(({ done }) => done))
  }

  async #run(world: World, { task, revision, running }: Run): Promise<void> {
    const definitions = revision.definition.containerDefinitions ?? []
    markPending(world, task.taskArn)
    for (const { name = '', image = '' } of definitions) await this.#pull(world, name, image)
    for (const definition of definitions) await this.#launch(world, { task, definition, running })
    markRunning(world, task.taskArn)
    if (running.stoppedReason !== undefined) await this.#stopAll(running)
    const logs = Promise.allSettled(
      definitions.map(({ name = '' }) =>
        this.#follow(running.containers.get(name) ?? '', logOf(world, task, { container: name, revision })),
      ),
    )
    await this.#essentialEnd(definitions, running)
    await this.#stopAll(running)
    const ends = await Promise.all([...running.containers].map(async ([name, id]) => [name, endOf(await this.#engine.wait(id))] as const))
    await logs
    const stopCode = running.stoppedReason === undefined ? 'EssentialContainerExited' : 'UserInitiated'
    const stoppedReason = running.stoppedReason ?? 'Essential container in task exited'
    markStopped(world, task.taskArn, { stopCode, stoppedReason, containers: Object.fromEntries(ends) })
  }

  async #pull(world: World, name: string, image: string): Promise<void> {
    const { isEcr } = parseImage(image, world.account.ecrHost)
    if (!isEcr && (await this.#engine.hasImage(image))) return
    const auth = { username: 'AWS', password: issueRegistryLogin(world, AGENT).password, serveraddress: world.account.ecrHost }
    await this.#engine.pull(image, isEcr ? auth : undefined).catch((error: unknown) => {
      throw new StartFailure(`CannotPullContainerError: Error response from daemon: ${messageOf(error)}`, name)
    })
  }

  async #launch(world: World, { task, definition, running }: Launch): Promise<void> {
    const { name = '' } = definition
    if (running.stoppedReason !== undefined) throw new StartFailure(running.stoppedReason)
    const settings = settingsOf(world, task, definition)
    try {
      const id = await this.#engine.create(`ecs-${task.taskArn.split('/').at(-1) ?? ''}-${name}`, settings)
      running.containers.set(name, id)
      await this.#engine.start(id)
    } catch (error) {
      throw new StartFailure(`CannotStartContainerError: Error response from daemon: ${messageOf(error)}`, name)
    }
  }

  async #follow(id: string, log: (lines: readonly string[]) => void): Promise<void> {
    for await (const line of this.#engine.lines(id)) log([line])
  }

  async #essentialEnd(definitions: readonly ContainerDefinition[], { containers }: RunningTask): Promise<void> {
    const essential = definitions.filter(({ essential }) => essential).map(({ name = '' }) => containers.get(name) ?? '')
    await Promise.race(essential.map((id) => this.#engine.wait(id)))
  }

  async #stopAll({ containers }: RunningTask): Promise<void> {
    await Promise.allSettled([...containers.values()].map((id) => this.#engine.stop(id, STOP_SECONDS)))
  }

  async #remove({ containers }: RunningTask): Promise<void> {
    await Promise.allSettled([...containers.values()].map((id) => this.#engine.remove(id)))
  }
}

type Run = { readonly task: StoredTask; readonly revision: Revision; readonly running: RunningTask }
type Launch = { readonly task: StoredTask; readonly definition: ContainerDefinition; readonly running: RunningTask }

/** Pulls as ECS's agent does, whatever the caller of RunTask may. */
const AGENT: Principal = {
  arn: 'ecs-agent',
  userId: 'ecs-agent',
  identity: { policy: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'ecr:*', Resource: '*' }] } },
}

/** How a task ended that never ran; one that was stopped meanwhile ended for that. */
function endOfStart(error: unknown, stoppedReason: string | undefined): Parameters<typeof markStopped>[2] {
  if (stoppedReason !== undefined) return { stopCode: 'UserInitiated', stoppedReason }
  const { message, container } = error instanceof StartFailure ? error : new StartFailure(`CannotStartContainerError: ${messageOf(error)}`)
  const containers = container === undefined ? {} : { [container]: { reason: message } }
  return { stopCode: 'TaskFailedToStart', stoppedReason: message, containers }
}

function endOf({ exitCode, outOfMemory }: ContainerEnd): Ending['container'] {
  return outOfMemory ? { exitCode, reason: 'OutOfMemoryError: Container killed due to memory usage' } : { exitCode }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
