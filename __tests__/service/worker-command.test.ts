import { describe, expect, it } from '@jest/globals'
import type { ContainerDefinition } from '../../src/ecs-ports.ts'
import { startedWorker } from '../../src/service/worker-command.ts'

const worker = (fields: Partial<ContainerDefinition>) =>
  startedWorker({ family: 'worker', containerDefinitions: [{ name: 'proxy', image: 'p', command: ['serve'] }, { name: 'w', image: 'i', ...fields }] })

describe('the worker that a service starts', () => {
  it.each<[string, Partial<ContainerDefinition>, object]>([
    ['a command', { command: ['prefect', 'worker', 'start', '--pool', 'my etl', '--type', 'ecs'] }, { pool: 'my etl', name: undefined }],
    ['short options', { command: ['prefect', 'worker', 'start', '-p', 'etl', '-n', 'w1'] }, { pool: 'etl', name: 'w1' }],
    ['an equals sign', { command: ['prefect', 'worker', 'start', '--pool=etl', '--name="w 1"'] }, { pool: 'etl', name: 'w 1' }],
    ['entrypoint and command', { entryPoint: ['prefect', 'worker'], command: ['start', '--pool', 'etl'] }, { pool: 'etl', name: undefined }],
    ['a shell script', { command: ['sh', '-c', 'sleep 1; exec prefect worker start --pool "my etl" --name w1'] }, { pool: 'my etl', name: 'w1' }],
    [
      'a variable of the container',
      { command: ['sh', '-c', 'prefect worker start -p ${POOL}'], environment: [{ name: 'OTHER', value: 'x' }, { name: 'POOL', value: 'etl' }] },
      { pool: 'etl', name: undefined },
    ],
    ['a variable that is not known', { command: ['sh', '-c', 'prefect worker start -p $POOL'] }, { pool: undefined, name: undefined }],
    ['a variable within a name', { command: ['sh', '-c', 'prefect worker start -p etl-$STAGE'] }, { pool: undefined, name: undefined }],
    ['no pool at all', { command: ['prefect', 'worker', 'start'] }, { pool: undefined, name: undefined }],
  ])('is read from %s', (_, fields, expected) => {
    expect(worker(fields)).toEqual(expected)
  })

  it.each([
    ['no command', {}],
    ['another command', { command: ['./start.sh'] }],
    ['a worker that is only stopped', { command: ['prefect', 'worker', 'stop'] }],
  ])('is not known from %s', (_, fields) => {
    expect(worker(fields)).toBeUndefined()
  })
})
