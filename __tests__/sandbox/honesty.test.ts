import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { ECRClient } from '@aws-sdk/client-ecr'
import { ECSClient } from '@aws-sdk/client-ecs'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { STSClient } from '@aws-sdk/client-sts'
import { imageOperations } from '../../sandbox/aws/ecr/images.ts'
import { layerOperations } from '../../sandbox/aws/ecr/layers.ts'
import { putImageOperations } from '../../sandbox/aws/ecr/put-image.ts'
import { repositoryOperations } from '../../sandbox/aws/ecr/repositories.ts'
import { ecsOperations } from '../../sandbox/aws/ecs/operations.ts'
import { simulatedRunner } from '../../sandbox/aws/ecs/task-runner.ts'
import { s3Operations } from '../../sandbox/aws/s3/operations.ts'
import { stsOperations } from '../../sandbox/aws/sts.ts'
import { differencesBetween, intendedDifferences } from '../../sandbox/honesty/compare.ts'
import type { Said } from '../../sandbox/honesty/compare.ts'
import { startMoto } from '../../sandbox/honesty/moto.ts'
import type { Moto } from '../../sandbox/honesty/moto.ts'
import { BUCKET, speak } from '../../sandbox/honesty/script.ts'
import type { Side } from '../../sandbox/honesty/script.ts'
import { region, startAccount } from './aws-account.ts'
import type { ClientConfiguration, TestAccount } from './aws-account.ts'

const ACCOUNT = '123456789012'
const PROVIDER = `arn:aws:iam::${ACCOUNT}:oidc-provider/token.actions.githubusercontent.com`

let folder: string
let account: TestAccount
let moto: Moto
let ours: Said
let theirs: Said

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'honesty-'))
  account = await startAccount()
  moto = await startMoto({ folder })
  const [our, their] = [await ourSide(), await theirSide()]
  ours = { exchanges: await speak(our), names: { host: account.ecrHost, ...our.network } }
  theirs = { exchanges: await speak(their), names: { host: `${ACCOUNT}.dkr.ecr.${region}.amazonaws.com`, ...their.network } }
}, 60_000)

afterAll(async () => {
  await Promise.all([account.stop(), moto.stop()])
  rmSync(folder, { recursive: true })
})

describe('the simulator', () => {
  it('answers what a release asks as moto does, but for what is meant otherwise', () => {
    expect(differencesBetween(ours, theirs).toSorted()).toEqual(intendedDifferences().lines.toSorted())
  })

  it('says why it answers otherwise', () => {
    expect(intendedDifferences().reasons.filter((why) => why.length < 30 || !why.endsWith('.'))).toEqual([])
  })

  it('is compared in every operation that it has and moto has too', () => {
    const compared = new Set(ours.exchanges.map(({ call }) => call.split(' ')[0]))
    const all = [
      ...Object.keys(stsOperations({ url: '', jwksUrl: '' })).map((name) => `sts:${name}`),
      ...Object.keys({ ...repositoryOperations, ...imageOperations, ...putImageOperations, ...layerOperations }).map((name) => `ecr:${name}`),
      ...Object.keys(ecsOperations(simulatedRunner)).map((name) => `ecs:${name}`),
      ...Object.keys(s3Operations).map((name) => `s3:${name}`),
    ]

    expect(all.filter((operation) => !compared.has(operation))).toEqual([
      'ecr:GetDownloadUrlForLayer', 'ecs:ListServiceDeployments', 'ecs:DescribeServiceDeployments', 'ecs:DescribeServiceRevisions',
      'ecs:StopServiceDeployment', 'ecs:ContinueServiceDeployment',
    ])
  })

  it('did nothing wrong by its own models', async () => {
    expect(await account.control.defects()).toEqual([])
  })
})

async function ourSide(): Promise<Side> {
  await account.control.createBucket({ name: BUCKET })
  const trusted = { Effect: 'Allow', Principal: { Federated: PROVIDER }, Action: 'sts:AssumeRoleWithWebIdentity' } as const
  const roleArn = await account.control.createRole({
    name: 'honest', trustPolicy: { Version: '2012-10-17', Statement: [trusted] }, policy: { Version: '2012-10-17', Statement: [] },
  })
  return {
    ...clients(await account.client()),
    web: { roleArn, token: await account.token() },
    network: { subnet: 'subnet-of-ours', securityGroup: 'group-of-ours' },
    settle: () => account.control.clock({ advance: 60 }),
  }
}

async function theirSide(): Promise<Side> {
  const credentials = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'anything' }
  const side = clients({ region, endpoint: moto.url, maxAttempts: 1, credentials })
  await side.s3.send(new CreateBucketCommand({ Bucket: BUCKET, CreateBucketConfiguration: { LocationConstraint: region } }))
  const web = { roleArn: `arn:aws:iam::${ACCOUNT}:role/honest`, token: await account.token() }
  return { ...side, web, network: moto.network, settle: () => Promise.resolve() }
}

function clients(configuration: ClientConfiguration): Pick<Side, 'sts' | 'ecr' | 'ecs' | 's3'> {
  return {
    sts: new STSClient(configuration), ecr: new ECRClient(configuration), ecs: new ECSClient(configuration),
    s3: new S3Client({ ...configuration, forcePathStyle: true }),
  }
}
