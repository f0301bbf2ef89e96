import type { Planned } from './planned.ts'

/** Memory in MiB that Fargate gives by CPU units, Linux (AWS: "Task definition differences for Fargate", task CPU and memory). */
const MEMORY: Readonly<Record<number, { readonly from: number; readonly to: number; readonly step: number }>> = {
  512: { from: 1024, to: 4096, step: 1024 },
  1024: { from: 2048, to: 8192, step: 1024 },
  2048: { from: 4096, to: 16_384, step: 1024 },
  4096: { from: 8192, to: 30_720, step: 1024 },
  8192: { from: 16_384, to: 61_440, step: 4096 },
  16_384: { from: 32_768, to: 122_880, step: 8192 },
}
const SMALLEST = { cpu: 256, memory: [512, 1024, 2048] }

/** A task's size in CPU units or MiB: `1024`, `"1024"`, `"1 vCPU"`, `"2 GB"`; undefined for what is no such size. */
export function sizeOf(value: Planned | undefined): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value !== 'string') return undefined
  const [, amount, unit] = /^\s*(\d*\.?\d+)\s*(vcpu|gb)?\s*$/i.exec(value) ?? []
  if (amount === undefined) return undefined
  return unit === undefined ? Number(amount) : Math.round(Number(amount) * 1024)
}

/** What is wrong with a pair of sizes on Fargate, as the end of a sentence, and what there is; undefined when it is one of AWS's. */
export function fargateMisfit(cpu: number, memory: number): { readonly reason: string; readonly hint: string } | undefined {
  if (cpu === SMALLEST.cpu) return SMALLEST.memory.includes(memory) ? undefined : misfit(cpu, memory, SMALLEST.memory.join(', '))
  const range = MEMORY[cpu]
  if (range === undefined) {
    const sizes = [SMALLEST.cpu, ...Object.keys(MEMORY)].join(', ')
    return { reason: `has no size of ${cpu} CPU units`, hint: `There are ${sizes} CPU units.` }
  }
  const { from, to, step } = range
  const isGiven = memory >= from && memory <= to && (memory - from) % step === 0
  return isGiven ? undefined : misfit(cpu, memory, `${from} to ${to} in steps of ${step}`)
}

function misfit(cpu: number, memory: number, given: string) {
  return { reason: `gives no ${memory} MiB of memory to ${cpu} CPU units`, hint: `With ${cpu} CPU units there are ${given} MiB.` }
}
