import { sizeOf } from '../fargate-sizes.ts'
import { isFilled, isList } from '../planned.ts'
import type { Json } from '../planned.ts'
import type { ContainerDefinition, TaskDefinition } from '../ecs-ports.ts'
import type { DefinitionProblem } from './definition-problems.ts'

/** What Fargate asks besides (Amazon ECS Developer Guide, "Task definition differences for Fargate"); pairs of sizes are warned of. */
export function fargateProblems(definition: TaskDefinition): DefinitionProblem[] {
  const { requiresCompatibilities: compatibilities, networkMode } = definition
  if (!isList(compatibilities) || !compatibilities.includes('FARGATE')) return []
  const missing = (['cpu', 'memory'] as const).filter((field) => !isFilled(definition[field]))
  return [
    ...(networkMode === 'awsvpc' ? [] : [{ path: ['networkMode'], message: 'Fargate knows "networkMode" awsvpc only', hint: 'Set networkMode to awsvpc.' }]),
    ...missing.map((field) => ({ path: [field], message: `Fargate needs "${field}" of the task, not only of a container` })),
    ...tooMuchCpu(definition),
    ...definition.containerDefinitions.flatMap((container, index) => tooMuchMemory(container, { index, task: sizeOf(definition.memory) })),
  ]
}

function tooMuchCpu({ cpu, containerDefinitions }: TaskDefinition): DefinitionProblem[] {
  const units = sizeOf(cpu)
  const used = containerDefinitions.reduce((sum, container) => sum + numberOf(container.cpu), 0)
  return units === undefined || used <= units ? [] : [{ path: ['cpu'], message: `The containers have ${used} CPU units together, and the task ${units}` }]
}

/** @param task MiB of the whole task. */
function tooMuchMemory(container: ContainerDefinition, { index, task }: { readonly index: number; readonly task: number | undefined }): DefinitionProblem[] {
  return (['memory', 'memoryReservation'] as const).flatMap((field) => {
    const own = numberOf(container[field])
    if (task === undefined || own <= task) return []
    return [{ path: ['containerDefinitions', index, field], message: `Container "${container.name}" has ${own} MiB of ${field}, and the task ${task}` }]
  })
}

function numberOf(value: Json | undefined): number {
  return typeof value === 'number' ? value : 0
}
