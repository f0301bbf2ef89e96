import { describe, expect, it } from '@jest/globals'
import { fargateMisfit, sizeOf } from '../../src/fargate-sizes.ts'
import { sensitive } from '../../src/planned.ts'
import type { PlannedObject } from '../../src/planned.ts'
import { definitionTraps } from '../../src/task-definition/definition-traps.ts'

/** AWS's table for Linux: task CPU units, and the least and the most memory in MiB with its step. */
const TABLE = [
  [512, 1024, 4096, 1024], [1024, 2048, 8192, 1024], [2048, 4096, 16_384, 1024],
  [4096, 8192, 30_720, 1024], [8192, 16_384, 61_440, 4096], [16_384, 32_768, 122_880, 8192],
] as const

describe("Fargate's sizes", () => {
  it.each(TABLE)('give to %i CPU units %i to %i MiB in steps of %i', (cpu, from, to, step) => {
    const given = Array.from({ length: (to - from) / step + 1 }, (_, index) => from + index * step)

    expect(given.filter((memory) => fargateMisfit(cpu, memory) !== undefined)).toEqual([])
    expect([from - step, from + step / 2, to + step].filter((memory) => fargateMisfit(cpu, memory) === undefined)).toEqual([])
  })

  it.each([
    [512, true], [1024, true], [2048, true], [3072, false], [256, false], [1536, false],
  ])('give to 256 CPU units %i MiB: %s', (memory, isGiven) => {
    expect(fargateMisfit(256, memory) === undefined).toBe(isGiven)
  })

  it('know no size between', () => {
    expect(fargateMisfit(768, 2048)).toEqual({
      reason: 'has no size of 768 CPU units', hint: 'There are 256, 512, 1024, 2048, 4096, 8192, 16384 CPU units.',
    })
  })

  it.each([
    [1024, 1024], ['1024', 1024], ['1 vCPU', 1024], ['.25 vcpu', 256], ['2GB', 2048], ['0.5 GB', 512],
    ['big', undefined], [null, undefined],
  ])('are read from %j as %s', (text, size) => {
    expect(sizeOf(text)).toBe(size)
  })
})

describe('a task definition', () => {
  const HOME = { account: '123456789012', region: 'eu-central-1' }
  const FARGATE = { requiresCompatibilities: ['FARGATE'] }

  it.each<[PlannedObject, string | undefined, string[]]>([
    [{ ...FARGATE, cpu: '256', memory: '4096' }, undefined, ['fargate-size']],
    [{ ...FARGATE, cpu: '.5 vCPU', memory: '4 GB' }, undefined, []],
    [{ ...FARGATE, cpu: '16 vCPU', memory: '120 GB' }, undefined, []],
    [{ ...FARGATE, cpu: '16 vCPU', memory: '121 GB' }, undefined, ['fargate-size']],
    [{ ...FARGATE }, undefined, []],
    [{ requiresCompatibilities: ['EC2'], cpu: '256', memory: '4096' }, undefined, []],
    [{ cpu: '256', memory: '4096' }, undefined, []],
    [{}, 'linux/amd64', []],
    [{}, 'linux/arm64', ['platform-differs']],
    [{ runtimePlatform: { cpuArchitecture: 'ARM64' } }, 'linux/arm64/v8', []],
    [{ runtimePlatform: { cpuArchitecture: 'ARM64' } }, 'linux/amd64', ['platform-differs']],
    [{ runtimePlatform: { cpuArchitecture: 'ARM64' } }, undefined, []],
    [{ runtimePlatform: { operatingSystemFamily: 'WINDOWS_SERVER_2022_CORE' } }, 'linux/amd64', ['platform-differs']],
    [{ containerDefinitions: [{ name: 'prefect', image: 'flows' }, { name: 'proxy', image: 'nginx' }] }, undefined, ['image-unpinned']],
    [{ containerDefinitions: [{ name: 'prefect', image: 'flows' }, { name: 'proxy', image: 'nginx:1.29' }] }, undefined, []],
    [{ containerDefinitions: [{ name: 'proxy', image: '123456789012.dkr.ecr.eu-central-1.amazonaws.com/proxy:1' }] }, undefined, []],
    [{ containerDefinitions: [{ name: 'proxy', image: '210987654321.dkr.ecr.eu-central-1.amazonaws.com/proxy:1' }] }, undefined, ['image-foreign']],
    [{ containerDefinitions: [{ name: 'proxy', image: '123456789012.dkr-ecr.us-east-1.on.aws/proxy:1' }] }, undefined, ['image-foreign']],
    [{ containerDefinitions: [{ name: 'prefect', image: '210987654321.dkr.ecr.us-east-1.amazonaws.com/flows:1' }] }, undefined, []],
    [{ containerDefinitions: [{ name: 'prefect', environment: [{ name: 'DB_PASSWORD', value: sensitive('hunter2') }] }] }, undefined, ['secret-in-environment']],
  ])('%j for %s gives the warnings %j', (definition, platform, codes) => {
    const warnings = definitionTraps({ family: 'flows', container: 'prefect', definition }, { platform, home: HOME })

    expect(warnings.map(({ code }) => code)).toEqual(codes)
  })

  it('names secrets in plain text, and never what they are', () => {
    const environment = [{ name: 'LEVEL', value: 'INFO' }, { name: 'DB_PASSWORD', value: sensitive('hunter2') }, { name: 'TOKEN', value: sensitive('hunter3') }]

    const [warning] = definitionTraps({ family: 'flows', container: 'prefect', definition: { containerDefinitions: [{ name: 'prefect', environment }] } }, { platform: undefined, home: HOME })

    expect(warning?.message).toBe('container "prefect" of task definition "flows" has DB_PASSWORD, TOKEN in plain text, for all who may describe it')
  })

  it('is told of where its file is', () => {
    const location = { file: 'task-definition.json' }

    const [warning] = definitionTraps({ family: 'flows', container: 'prefect', definition: {} }, { platform: 'linux/arm64', home: HOME, locate: () => location })

    expect(warning).toEqual({
      code: 'platform-differs',
      message: 'the image is for linux/arm64, but task definition "flows" runs it on linux/amd64',
      hint: 'Remove the input platform, or set runtimePlatform of the task definition.',
      location,
    })
  })
})
