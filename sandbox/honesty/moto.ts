import { join } from 'node:path'
import { freePort } from '../free-port.ts'
import { awsTools } from '../paths.ts'
import { answers } from '../poll.ts'
import { startProcess } from '../process.ts'
import type { Network } from './script.ts'

/** moto, the emulator of AWS that the Python world tests with: made by other people than this simulator. */
export interface Moto {
  readonly url: string
  /** The default one of its account. */
  readonly network: Network
  stop(): Promise<void>
}

/** @param folder where its log goes. */
export async function startMoto({ folder }: { readonly folder: string }): Promise<Moto> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const moto = await startProcess({
    command: [join(awsTools, 'bin/moto_server'), '-H', '127.0.0.1', '-p', String(port)],
    env: { PATH: process.env.PATH, MOTO_ECS_NEW_ARN: 'true' },
    log: join(folder, 'moto.log'),
    ready: () => answers(`${url}/moto-api/`),
  })
  const network = { subnet: await idOf(url, 'subnetId', 'DescribeSubnets'), securityGroup: await idOf(url, 'groupId', 'DescribeSecurityGroups') }
  return { url, network, stop: () => moto.stop() }
}

/** moto tells services and regions apart by the signature's scope alone. */
async function idOf(url: string, member: string, operation: string): Promise<string> {
  const authorization = 'AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20260101/eu-central-1/ec2/aws4_request, SignedHeaders=host, Signature=0'
  const body = new URLSearchParams({ Action: operation, Version: '2016-11-15' })
  const answer = await (await fetch(url, { method: 'POST', headers: { authorization }, body })).text()
  const [, id] = new RegExp(`<${member}>([\\w-]+)<`).exec(answer) ?? []
  if (id === undefined) throw new Error(`moto names no ${member}: ${answer.slice(0, 500)}`)
  return id
}
