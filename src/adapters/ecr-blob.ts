import { GetDownloadUrlForLayerCommand } from '@aws-sdk/client-ecr'
import type { ECRClient } from '@aws-sdk/client-ecr'
import { createHash } from 'node:crypto'
import { DeployError } from '../errors.ts'
import { translateAwsError } from './aws-client.ts'
import { proxyOf } from './proxy.ts'

export type BlobRequest = {
  readonly repository: string
  readonly digest: string
  /** What it is, for messages: `The record`. */
  readonly what: string
}

const DOWNLOAD_TIMEOUT_MS = 60_000

/** A small blob of a repository, from S3, by a URL that is its own permission. */
export async function readBlob(ecr: ECRClient, { repository, digest, what }: BlobRequest): Promise<Buffer> {
  const url = await askForUrl(ecr, repository, digest)
  const response = await fetch(url, { ...proxyOf(url), signal: AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS) }).catch((cause: unknown) => {
    throw failed(what, 'it cannot be downloaded', cause)
  })
  const bytes = Buffer.from(await response.arrayBuffer())
  if (!response.ok) throw failed(what, `its download is answered with ${response.status}`)
  if (`sha256:${createHash('sha256').update(bytes).digest('hex')}` !== digest) throw failed(what, 'what was downloaded is not what was stored')
  return bytes
}

async function askForUrl(ecr: ECRClient, repositoryName: string, layerDigest: string): Promise<string> {
  try {
    const { downloadUrl = '' } = await ecr.send(new GetDownloadUrlForLayerCommand({ repositoryName, layerDigest }))
    return downloadUrl
  } catch (error) {
    throw translateAwsError(error, { operation: 'ecr:GetDownloadUrlForLayer', resource: `repository ${repositoryName}` })
  }
}

function failed(what: string, why: string, cause?: unknown): DeployError {
  return new DeployError('aws-request-failed', `${what} could not be read: ${why}`, { hint: 'Run the job again.', cause })
}
