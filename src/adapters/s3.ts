import { GetObjectCommand, HeadObjectCommand, paginateListObjectsV2, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { DeployError } from '../errors.ts'
import { missingStatement } from '../policy-statements.ts'
import type { ObjectStore, StoreAccess, StoredObject } from '../ports.ts'
import { clientConfiguration, translateAwsError } from './aws-client.ts'
import type { AwsSettings } from './aws-client.ts'

/** S3 with the step's credentials; a bucket of another region is found where it is. */
export function createObjectStore(settings: AwsSettings): ObjectStore {
  return storeWith(settings, {})
}

function storeWith(settings: AwsSettings, access: StoreAccess): ObjectStore {
  let client: S3Client | undefined
  const connect = () => (client ??= new S3Client(configurationOf(settings, access)))
  return {
    withAccess: (other) => (Object.keys(other).length === 0 ? storeWith(settings, access) : storeWith(settings, { ...access, ...other })),
    list: (bucket, prefix) => list(connect(), bucket, prefix),
    checksumOf: async (bucket, key) => {
      try {
        return (await connect().send(new HeadObjectCommand({ Bucket: bucket, Key: key, ChecksumMode: 'ENABLED' }))).ChecksumSHA256
      } catch (error) {
        if (describe(error).name === 'NotFound') return undefined // removed since it was listed
        throw unusable(error, { operation: 's3:GetObject', bucket, key })
      }
    },
    get: async (bucket, key) => {
      try {
        return await (await connect().send(new GetObjectCommand({ Bucket: bucket, Key: key }))).Body?.transformToByteArray()
      } catch (error) {
        if (describe(error).name === 'NoSuchKey') return undefined
        throw unusable(error, { operation: 's3:GetObject', bucket, key })
      }
    },
    put: async ({ bucket, key, content }) => {
      try {
        const body = { Body: content, ContentLength: content.length, ChecksumAlgorithm: 'SHA256' as const }
        await connect().send(new PutObjectCommand({ Bucket: bucket, Key: key, ...body }))
      } catch (error) {
        throw unusable(error, { operation: 's3:PutObject', bucket, key })
      }
    },
  }
}

/** The addresses of services other than AWS have the bucket in their path. */
function configurationOf(settings: AwsSettings, { credentials, region = settings.region, endpoint }: StoreAccess) {
  const fixed = credentials && (() => Promise.resolve(credentials))
  return {
    ...clientConfiguration({ ...settings, region, credentials: fixed ?? settings.credentials }),
    followRegionRedirects: true,
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
  }
}

async function list(client: S3Client, bucket: string, prefix: string): Promise<StoredObject[]> {
  const found: StoredObject[] = []
  try {
    for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix })) {
      found.push(...Contents.map(({ Key = '', Size = 0, ETag = '' }) => ({ key: Key, size: Size, etag: ETag.replaceAll('"', '') })))
    }
  } catch (error) {
    throw unusable(error, { operation: 's3:ListBucket', bucket })
  }
  return found
}

type Call = { readonly operation: string; readonly bucket: string; readonly key?: string }

/** S3's errors of a bucket by their codes; of HeadObject, which answers no body, by their status. */
function unusable(error: unknown, { operation, bucket, key }: Call): Error {
  const resource = key === undefined ? `bucket ${bucket}` : `s3://${bucket}/${key}`
  const { name, status } = describe(error)
  if (name === 'NoSuchBucket') {
    const hint = 'Create it in this account, or correct the step\'s "bucket"; the action makes no buckets.'
    return new DeployError('bucket-unusable', `There is no bucket ${bucket}`, { hint, cause: error })
  }
  if (name === 'AccessDenied' || status === 403) {
    const hint = `${missingStatement(operation)} If the bucket has a policy of its own, that must allow it too.`
    return new DeployError('bucket-unusable', `AWS does not let these credentials do ${operation} on ${resource}`, { hint, cause: error })
  }
  return translateAwsError(error, { operation, resource })
}

function describe(error: unknown): { readonly name: string; readonly status: number | undefined } {
  if (typeof error !== 'object' || error === null || !('name' in error)) return { name: '', status: undefined }
  const metadata = '$metadata' in error ? (error.$metadata as { readonly httpStatusCode?: number }) : {} // of every service error
  return { name: String(error.name), status: metadata.httpStatusCode }
}
