import { randomUUID } from 'node:crypto'
import type { StoredTask, World } from '../world.ts'
import type { Ending, Fate } from './fate.ts'
import { endingOf } from './fate.ts'
import type { Deployment, Service } from './service.ts'
import { createTask, logOf, markPending, markRunning, markStopped } from './task-record.ts'
import { findRevision } from './task-definitions.ts'

/** A service of an account. */
export type Place = { readonly world: World; readonly service: Service }

/** Who wants to know how a deployment's tasks do. */
export interface Follower {
  /** As many tasks as are desired exist, and one more of them runs. */
  healthy(): void
  /** A task ended that should not have. */
  failed(): void
}

/** Seconds between attempts to place tasks when there is no room. */
const PLACEMENT_RETRY = 5

/** Starts the tasks that the deployment is short of, while it is the service's PRIMARY one and has not failed. */
export function launchTasks(place: Place, deployment: Deployment, follower: Follower): void {
  const { world, service } = place
  if (deployment.status !== 'PRIMARY' || deployment.rolloutState === 'FAILED') return
  const missing = service.desiredCount - tasksOf(place, deployment).length
  if (missing > 0 && deployment.fate === 'no-capacity') {
    addEvent(place, `was unable to place a task. Reason: ${NO_CAPACITY}`)
    world.timeline.after(PLACEMENT_RETRY, () => {
      launchTasks(place, deployment, follower)
    })
    return
  }
  const tasks = Array.from({ length: Math.max(missing, 0) }, () => startTask(place, deployment))
  if (tasks.length > 0) addEvent(place, `has started ${tasks.length} tasks: ${tasks.map(named).join(' ')}.`)
  else follower.healthy()
  for (const { taskArn } of tasks) bringUp(place, deployment, { taskArn, follower })
}

/** Tasks of the deployment that have not stopped. */
export function tasksOf({ world, service }: Place, { id }: Deployment): StoredTask[] {
  return [...world.tasks.values()].filter(
    (task) => task.startedBy === id && task.group === groupOf(service) && task.lastStatus !== 'STOPPED',
  )
}

export function runningTasksOf(place: Place, deployment: Deployment): StoredTask[] {
  return tasksOf(place, deployment).filter(({ lastStatus }) => lastStatus === 'RUNNING')
}

/** Stops tasks as the service's scheduler does. */
export function stopTasks(place: Place, tasks: readonly StoredTask[], stoppedReason: string): void {
  for (const { taskArn } of tasks) markStopped(place.world, taskArn, { stopCode: 'ServiceSchedulerInitiated', stoppedReason })
  if (tasks.length > 0) addEvent(place, `has stopped ${tasks.length} running tasks: ${tasks.map(named).join(' ')}.`)
}

export function addEvent({ world, service }: Place, message: string): void {
  service.events.unshift({ id: randomUUID(), createdAt: world.timeline.now(), message: `(service ${service.name}) ${message}` })
  service.events.splice(100)
}

/** A new task of the deployment. */
export function startTask({ world, service }: Place, { id, revision }: Deployment): StoredTask {
  const registered = findRevision(world, revision.taskDefinitionArn)
  if (registered === undefined) throw new Error(`There is no ${revision.taskDefinitionArn}`)
  const { clusterArn: cluster, launchType } = service
  return createTask(world, { cluster, revision: registered, images: revision.images, group: groupOf(service), startedBy: id, launchType })
}

const NO_CAPACITY = 'Capacity is unavailable at this time. Please try again later or in a different availability zone'

type Ascent = { readonly taskArn: string; readonly follower: Follower }

function bringUp(place: Place, deployment: Deployment, ascent: Ascent): void {
  const { timeline, durations } = place.world
  timeline.after(durations.provision, () => {
    markPending(place.world, ascent.taskArn)
    timeline.after(deployment.fate === 'slow' ? durations.slowPull : durations.pull, () => {
      arrive(place, deployment, ascent)
    })
  })
}

function arrive(place: Place, deployment: Deployment, { taskArn, follower }: Ascent): void {
  const { world } = place
  if (world.tasks.get(taskArn)?.lastStatus === 'STOPPED') return
  const fate: Fate = deployment.revision.missingImage === undefined ? deployment.fate : 'pull-failure'
  if (fate === 'stuck' || fate === 'no-capacity') return
  if (fate === 'success' || fate === 'slow') {
    markRunning(world, taskArn)
    follower.healthy()
    return
  }
  const ending = endingOf(fate, deployment.revision.missingImage ?? essentialImage(place, deployment))
  if (ending.ran) markRunning(world, taskArn)
  if (fate === 'crash-loop') follower.healthy()
  world.timeline.after(ending.ran ? world.durations.crash : 0, () => {
    end(place, deployment, { taskArn, follower, ending })
  })
}

function end({ world }: Place, { revision }: Deployment, { taskArn, follower, ending }: Ascent & { readonly ending: Ending }): void {
  const task = world.tasks.get(taskArn)
  if (task === undefined || task.lastStatus === 'STOPPED') return
  const registered = findRevision(world, revision.taskDefinitionArn)
  const container = registered?.definition.containerDefinitions?.find(({ essential }) => essential)?.name ?? ''
  if (registered !== undefined) logOf(world, task, { container, revision: registered })(ending.log)
  markStopped(world, taskArn, { ...ending, containers: { [container]: ending.container } })
  follower.failed()
}

function essentialImage({ world }: Place, { revision }: Deployment): string {
  const containers = findRevision(world, revision.taskDefinitionArn)?.definition.containerDefinitions ?? []
  return containers.find(({ essential }) => essential)?.image ?? ''
}

function groupOf({ name }: Service): string {
  return `service:${name}`
}

function named({ taskArn }: StoredTask): string {
  return `(task ${taskArn.split('/').at(-1) ?? ''})`
}
