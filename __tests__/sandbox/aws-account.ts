import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { Control } from '../../sandbox/aws/control.ts'
import { createControl } from '../../sandbox/aws/control.ts'
import type { PolicyDocument } from '../../sandbox/aws/policy-document.ts'
import { startAws } from '../../sandbox/aws/simulator.ts'
import { awsModels } from '../../sandbox/paths.ts'
import { startRegistryStub } from './aws-registry-stub.ts'

export const ISSUER = 'https://token.example'
export const region = 'eu-central-1'
export const EVERYTHING: PolicyDocument = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }

/** Whom a token is for, and what is wrong with it. */
export type TokenOptions = {
  readonly claims?: object
  readonly issuer?: string
  readonly audience?: string
  readonly expires?: string
  readonly forged?: boolean
}

export interface TestAccount {
  readonly url: string
  readonly ecrHost: string
  readonly control: Control
  /** A web identity token of the account's provider. */
  token(options?: TokenOptions): Promise<string>
  /** Configuration of an SDK client with a user of that policy, everything by default; no retries. */
  client(policy?: PolicyDocument): Promise<ClientConfiguration>
  stop(): Promise<void>
}

export type ClientConfiguration = {
  readonly region: string
  readonly endpoint: string
  readonly maxAttempts: number
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string }
}

/** A simulated account with an identity provider and a registry in memory. */
export async function startAccount(): Promise<TestAccount> {
  const keys = await generateKeyPair('RS256')
  const stranger = await generateKeyPair('RS256')
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'key', alg: 'RS256' }
  const provider = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [jwk] }))
  })
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve))
  const jwksUrl = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`
  const registry = await startRegistryStub()
  const aws = await startAws({ models: awsModels(), registry: registry.host, issuer: { url: ISSUER, jwksUrl } })
  const control = createControl(aws.url)
  return {
    url: aws.url,
    ecrHost: aws.ecrHost,
    control,
    token: ({ claims = {}, issuer = ISSUER, audience = 'sts.amazonaws.com', expires = '5m', forged = false } = {}) =>
      new SignJWT({ sub: 'repo:o/r:pull_request', repository_id: '2', ...claims })
        .setProtectedHeader({ alg: 'RS256', kid: 'key' })
        .setIssuer(issuer)
        .setAudience(audience)
        .setExpirationTime(expires)
        .sign(forged ? stranger.privateKey : keys.privateKey),
    client: async (policy = EVERYTHING) => {
      const { accessKeyId, secretAccessKey } = await control.createUser({ name: 'user', policy })
      return { region, endpoint: aws.url, maxAttempts: 1, credentials: { accessKeyId, secretAccessKey } }
    },
    async stop() {
      await Promise.all([aws.stop(), registry.stop()])
      provider.closeAllConnections()
      await new Promise((resolve) => provider.close(resolve))
    },
  }
}
