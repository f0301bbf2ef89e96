import { describe, expect, it } from '@jest/globals'
import { comparablePolicy } from '../../sandbox/aws/comparable-policy.ts'
import { summarize } from '../../sandbox/infrastructure/check.ts'
import { inApiForm } from '../../sandbox/infrastructure/completions.ts'
import { failedChecks } from '../../sandbox/infrastructure/linters.ts'
import { fillIn, poolFrom } from '../../sandbox/infrastructure/project.ts'
import { resolveResource } from '../../sandbox/infrastructure/resolve.ts'
import { same } from '../../sandbox/infrastructure/same.ts'
import { parametersOf } from '../../sandbox/infrastructure/stacks.ts'
import { parseTemplate } from '../../sandbox/infrastructure/template.ts'

const TEMPLATE = `
Description: Of a test
Parameters:
  Name: { Type: String, Default: etl, Description: A name }
  Count: { Type: Number, Default: 2, Description: A number }
  Items: { Type: CommaDelimitedList, Default: "a,b", Description: Several }
  Required: { Type: String, Description: Has no default }
Conditions:
  IsNamed: !Not [!Equals [!Ref Name, ""]]
  IsBoth: !And [!Condition IsNamed, !Equals [!Ref Count, "2"]]
  IsEither: !Or [!Equals [!Ref Name, nobody], !Condition IsBoth]
Resources:
  Other: { Type: A::B::C }
  Never: { Type: A::B::C, Condition: IsNever }
  Thing:
    Type: A::B::C
    Properties:
      Reference: !Ref Other
      Attribute: !GetAtt Other.Arn
      Text: !Sub "\${AWS::Partition}:\${AWS::Region}:\${Name}:\${Other}"
      Items: !Ref Items
      Joined: !Join ["-", !Ref Items]
      Zone: !Select [1, !GetAZs ""]
      Kept: [first, !If [IsEither, second, !Ref "AWS::NoValue"], !If [IsNamed, !Ref "AWS::NoValue", third]]
      Gone: !If [IsNamed, !Ref "AWS::NoValue", here]
      Condition: { StringEquals: { key: !Ref Count } }
Outputs: {}
`

const situation = {
  parameters: {}, stackName: 'test', region: 'eu-west-1', accountId: '123456789012',
  reference: (name: string) => `id-of-${name}`, attribute: (name: string, attribute: string) => `${attribute} of ${name}`,
}
const resolve = (properties: string) => resolveResource(parseTemplate(`
Parameters: { Required: { Type: String, Description: Has no default } }
Resources: { Thing: { Type: A::B::C, Properties: { Value: ${properties} } } }
`), 'Thing', situation)

describe("a template's functions", () => {
  it('become what CloudFormation makes of them', () => {
    expect(resolveResource(parseTemplate(TEMPLATE), 'Thing', situation)).toEqual({
      Reference: 'id-of-Other', Attribute: 'Arn of Other', Text: 'aws:eu-west-1:etl:id-of-Other', Items: ['a', 'b'], Joined: 'a-b', Zone: 'eu-west-1b',
      Kept: ['first', 'second'], Condition: { StringEquals: { key: '2' } },
    })
  })

  it('follow the parameters that a stack is given', () => {
    expect(resolveResource(parseTemplate(TEMPLATE), 'Thing', { ...situation, parameters: { Name: '', Items: 'c' } })).toMatchObject({
      Text: 'aws:eu-west-1::id-of-Other', Items: ['c'], Kept: ['first', 'third'], Gone: 'here',
    })
  })

  it.each([
    ['{ "Fn::Cidr": [a, 1, 8] }', 'The function Fn::Cidr is not known here'],
    ['!If [IsMissing, a, b]', 'The condition undefined is not known here'],
    ['!Ref Required', 'The parameter Required has no value'],
  ])('%s is an error', (properties, message) => {
    expect(() => resolve(properties)).toThrow(message)
  })

  it('are an error in a resource that is not there', () => {
    expect(() => resolveResource(parseTemplate(TEMPLATE), 'Nothing', situation)).toThrow('The template has no resource Nothing')
  })
})

describe('properties', () => {
  it('begin with small letters in the API, values and keys of options as they are', () => {
    expect(inApiForm({ LogConfiguration: { LogDriver: 'awslogs', Options: { 'awslogs-group': 'A' } }, Secrets: [{ Name: 'B' }] })).toEqual({
      logConfiguration: { logDriver: 'awslogs', options: { 'awslogs-group': 'A' } }, secrets: [{ name: 'B' }],
    })
  })
})

describe('a comparison', () => {
  it('says nothing of equal values, and tells both of different ones', () => {
    expect(same('zones', ['a'], ['a'])).toEqual([])
    expect(same('zones', ['a'], ['b'])).toEqual(['zones: ["a"] instead of ["b"]'])
  })

  it.each([[undefined], [[undefined]]])('finds a difference in what is missing on both sides (%j)', (nothing) => {
    expect(same('address', nothing, nothing)).toHaveLength(1)
  })

  it('of policies does not mind the order of members and lists', () => {
    const [one, other] = [{ Action: ['a', 'b'], Effect: 'Allow' }, { Effect: 'Allow', Action: ['b', 'a'] }]

    expect(comparablePolicy([one, { Sid: 'x' }])).toEqual(comparablePolicy([{ Sid: 'x' }, other]))
    expect(comparablePolicy(one)).not.toEqual(comparablePolicy({ ...other, Action: 'a' }))
  })
})

describe('outputs', () => {
  it('fill the places of a file that name them, and must be there', () => {
    expect(fillIn('role "<RoleArn>"', { RoleArn: 'arn:a' })).toBe('role "arn:a"')
    expect(() => fillIn('<RoleArn>', {})).toThrow('There is no RoleArn')
  })

  it('become defaults of a work pool that has the variables', () => {
    expect(() => poolFrom('{"name": "a", "base_job_template": {"variables": {"properties": {}}}}', OUTPUTS)).toThrow('There is no image')
  })

  it('are needed by the stack that comes after', () => {
    const given = { prefectApiUrl: 'https://prefect.example/api', apiKeySecretArn: 'arn:key', apiKey: 'key' }

    expect(() => parametersOf('worker', { network: { outputs: {} } }, given)).toThrow('network.yml has no output PrivateSubnetIds')
  })
})

const OUTPUTS = {
  WorkPool: 'flows', RepositoryUri: 'registry/flows', ClusterName: 'main', VpcId: 'vpc-1', PrivateSubnetIds: 'subnet-1', TaskSecurityGroupId: 'sg-1',
  FlowRunRoleArn: 'arn:a', ExecutionRoleArn: 'arn:b', LogGroupName: '/ecs/flows', Region: 'eu-west-1', ApiKeySecretArn: 'arn:c',
}

describe("checkov's report", () => {
  const failed = { check_id: 'CKV_AWS_158', check_name: 'Encrypt logs', resource: 'AWS::Logs::LogGroup.LogGroup', file_path: '/worker.yml' }

  it('is read check by check, with the files that it cannot read', () => {
    const report = { results: { failed_checks: [failed], parsing_errors: ['/network.yml'] }, summary: { passed: 1 } }

    expect(failedChecks(JSON.stringify(report))).toEqual([
      '/worker.yml: AWS::Logs::LogGroup.LogGroup: CKV_AWS_158 Encrypt logs', '/network.yml: checkov cannot read it',
    ])
  })

  it('that has checked nothing is an error', () => {
    expect(() => failedChecks('{"results": {"failed_checks": [], "parsing_errors": []}, "summary": {"passed": 0}}')).toThrow('checkov has checked nothing')
  })
})

describe('the last line of the check', () => {
  it.each([
    [[], [], 'stacks 4, created 4, findings 0, release ok'],
    [['a finding'], ['a problem'], 'stacks 4, created 4, findings 1, release failed'],
  ])('counts what was found', (findings, problems, line) => {
    expect(summarize({ stacks: 4, created: 4, findings, problems })).toBe(line)
  })
})
