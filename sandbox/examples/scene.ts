/** What an example is tried on: the project that it is for, what it is given, what starts it and what must come of it. */
import type { WorkflowOptions, WorkflowResult } from '../act.ts'
import type { Sandbox } from '../connect.ts'
import type { PrefectOptions } from '../prefect.ts'

export type Values = Readonly<Record<string, string>>

/** A Prefect server beside the sandbox's own. */
export type OtherServer = { readonly apiUrl: string; readonly authString?: string }

export type Stage = {
  readonly sandbox: Sandbox
  /** A checkout of the sample project. */
  readonly workspace: string
  /** The one that the scene asked for. */
  readonly other: OtherServer
  /** What {@link Scene.prepare} found out. */
  readonly facts: Values
}

export type ExampleRun = {
  readonly title: string
  readonly event: (stage: Stage) => WorkflowOptions['event'] | Promise<WorkflowOptions['event']>
  readonly inputs?: (stage: Stage) => Values | Promise<Values>
  /** What others do while the workflow runs. */
  readonly meanwhile?: (stage: Stage, over: AbortSignal) => Promise<void>
  /** Whether AWS or Prefect get any write. */
  readonly writes: boolean
  /** Jobs that have nothing to do. */
  readonly skipped?: readonly string[]
  /** Jobs that are to end red. */
  readonly red?: readonly string[]
  /** What else is wrong with it, in words. */
  readonly wrong?: (stage: Stage, result: WorkflowResult) => Promise<readonly string[]>
}

export type Scene = {
  readonly other?: Pick<PrefectOptions, 'authString' | 'csrf'>
  /** Whether the jobs build beside the engine, as after docker/setup-buildx-action. */
  readonly hasBuilder?: boolean
  /** Makes the project and the account what the example's comment says they are. */
  readonly prepare?: (stage: Stage) => Promise<Values> | Values
  /** Instead of, and beside, those that most examples have. */
  readonly vars?: (stage: Stage) => Values
  readonly secrets?: (stage: Stage) => Values
  readonly runs: readonly ExampleRun[]
}

/** The one fact that an example must show. @returns nothing when it does. */
export function unless(isTrue: boolean, problem: string): readonly string[] {
  return isTrue ? [] : [problem]
}
