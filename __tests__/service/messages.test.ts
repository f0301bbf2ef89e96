import { describe, expect, it } from '@jest/globals'
import { consoleLink } from '../../src/service/console-link.ts'
import { redact } from '../../src/service/redact.ts'

describe('the page of a service in the console', () => {
  it.each([
    ['arn:aws:ecs:eu-central-1:123456789012:service/main/worker', 'https://eu-central-1.console.aws.amazon.com/ecs/v2/clusters/main/services/worker/deployments?region=eu-central-1'],
    ['arn:aws-cn:ecs:cn-north-1:123456789012:service/main/worker', 'https://cn-north-1.console.amazonaws.cn/ecs/v2/clusters/main/services/worker/deployments?region=cn-north-1'],
    ['arn:aws-us-gov:ecs:us-gov-west-1:123456789012:service/main/worker', 'https://us-gov-west-1.console.amazonaws-us-gov.com/ecs/v2/clusters/main/services/worker/deployments?region=us-gov-west-1'],
    ['arn:aws-eusc:ecs:eusc-de-east-1:123456789012:service/main/worker', 'https://eusc-de-east-1.console.amazonaws-eusc.eu/ecs/v2/clusters/main/services/worker/deployments?region=eusc-de-east-1'],
    ['arn:aws-iso:ecs:us-iso-east-1:123456789012:service/main/worker', undefined],
    ['arn:aws:ecs:eu-central-1:123456789012:service/worker', undefined],
  ])('of %s is on the host of its partition', (arn, link) => {
    expect(consoleLink(arn)).toBe(link)
  })
})

describe('a line of a container\'s log', () => {
  it.each([
    ['PREFECT_API_KEY=pnu_abcdef', 'PREFECT_API_KEY=***'],
    ['{"db_password": "hunter2", "user": "etl"}', '{"db_password": "***", "user": "etl"}'],
    ['connecting to postgresql://etl:hunter2@db/etl', 'connecting to postgresql://etl:***@db/etl'],
    ['authorization: Bearer abc.def-ghi', 'authorization: Bearer ***'],
    ['key pnb_0123 is not valid', 'key *** is not valid'],
    ['using AKIAABCDEFGHIJKLMNOP', 'using ***'],
  ])('is shown without its secret: %s', (line, shown) => {
    expect(redact(line)).toBe(shown)
  })

  it.each([
    "ModuleNotFoundError: No module named 'prefect_aws'",
    '  File "/opt/prefect/worker.py", line 1, in <module>',
    'Worker pool "etl" at https://prefect.example:4200/api: retries=3',
  ])('is shown whole without one: %s', (line) => {
    expect(redact(line)).toBe(line)
  })
})
