import { AwsError } from '../error.ts'

/** Memory in MiB that Fargate has for a number of CPU units; Amazon ECS Developer Guide, task size. */
const SIZES: Readonly<Record<number, readonly number[]>> = {
  256: [512, 1024, 2048],
  512: range(1024, 4096, 1024),
  1024: range(2048, 8192, 1024),
  2048: range(4096, 16384, 1024),
  4096: range(8192, 30720, 1024),
  8192: range(16384, 61440, 4096),
  16384: range(32768, 122880, 8192),
}

/** @throws AwsError when Fargate has no such size; both are needed. */
export function checkFargateSize(cpu: string | undefined, memory: string | undefined): void {
  if (cpu === undefined) throw new AwsError('ClientException', "Fargate requires that 'cpu' be defined at the task level.")
  if (memory === undefined) throw new AwsError('ClientException', "Fargate requires that 'memory' be defined at the task level.")
  if (!isFargateSize(cpu, memory)) {
    throw new AwsError(
      'ClientException',
      `No Fargate configuration exists for given values: ${cpu} CPU, ${memory} memory. See the Amazon ECS documentation for the valid values.`,
    )
  }
}

export function isFargateSize(cpu: string | undefined, memory: string | undefined): boolean {
  return SIZES[Number(cpu)]?.includes(Number(memory)) ?? false
}

/** `1 vCPU` as CPU units. @throws AwsError when it is neither units nor vCPUs. */
export function cpuUnits(cpu: string | undefined): string | undefined {
  return normalized(cpu, { unit: /^([\d.]+) ?vcpu$/i, name: 'cpu' })
}

/** `2 GB` as MiB. @throws AwsError when it is neither MiB nor GB. */
export function memoryMiB(memory: string | undefined): string | undefined {
  return normalized(memory, { unit: /^([\d.]+) ?gb$/i, name: 'memory' })
}

function normalized(size: string | undefined, { unit, name }: { readonly unit: RegExp; readonly name: string }): string | undefined {
  if (size === undefined || /^\d+$/.test(size)) return size
  const [, amount] = unit.exec(size) ?? []
  if (amount === undefined)
    throw new AwsError(
      'ClientException',
      `Invalid '${name}' setting for task. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.`,
    )
  return String(Number(amount) * 1024)
}

function range(from: number, to: number, step: number): number[] {
  return Array.from({ length: (to - from) / step + 1 }, (_, index) => from + index * step)
}
