import { isObject } from '../planned.ts'
import type { Json, JsonObject } from '../planned.ts'
import type { StoreAccess } from '../ports.ts'

/** A copy of the project to S3, all of it known. */
export type FolderCopy = {
  readonly bucket: string
  /** What every key begins with; empty, or with a slash at its end. */
  readonly prefix: string
  /** Relative to the project; undefined for none. */
  readonly ignoreFile: string | undefined
  readonly access: StoreAccess
}

/** The arguments of Prefect's `push_to_s3` (prefect_aws/deployments/steps.py), revealed. */
export function folderCopyOf({ bucket, folder, ignore_file: ignoreFile, ...access }: JsonObject): FolderCopy {
  return {
    bucket: textOf(bucket) ?? '',
    prefix: prefixOf(textOf(folder) ?? ''),
    ignoreFile: ignoreFile === undefined ? '.prefectignore' : textOf(ignoreFile),
    access: accessOf(access),
  }
}

/** As `Path(folder) / file` makes it of POSIX paths: no empty and no `.` parts, one slash at the front, or exactly two. */
export function prefixOf(folder: string): string {
  const root = /^\/\/(?!\/)/.test(folder) ? '//' : folder.startsWith('/') ? '/' : ''
  const parts = folder.split('/').filter((part) => part !== '' && part !== '.')
  return root + parts.map((part) => `${part}/`).join('')
}

/** `AwsCredentials` and `AwsClientParameters` of prefect_aws, with MinIO's names for the key; null is absent. */
function accessOf({ credentials, client_parameters: parameters }: JsonObject): StoreAccess {
  const given = isObject(credentials) ? credentials : {}
  const client = isObject(given.aws_client_parameters) ? given.aws_client_parameters : isObject(parameters) ? parameters : {}
  const accessKeyId = textOf(given.aws_access_key_id) ?? textOf(given.minio_root_user)
  const secretAccessKey = textOf(given.aws_secret_access_key) ?? textOf(given.minio_root_password)
  const sessionToken = textOf(given.aws_session_token)
  const region = textOf(given.region_name)
  const endpoint = textOf(client.endpoint_url)
  return {
    ...(accessKeyId !== undefined && secretAccessKey !== undefined && {
      credentials: { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) },
    }),
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
  }
}

/** Settings of a client that this action's has not, by their names: what is not their default would go unnoticed. */
export function unknownAccess({ credentials, client_parameters: parameters }: JsonObject): string[] {
  const given = isObject(credentials) ? credentials : {}
  const { aws_client_parameters: inner, ...own } = given
  const client = { ...(isObject(parameters) && parameters), ...(isObject(inner) && inner) }
  return [
    ...settingsOf(own).filter((key) => !KEYS.includes(key)).map((key) => `credentials.${key}`),
    ...settingsOf(client).filter((key) => key !== 'endpoint_url').map((key) => `client_parameters.${key}`),
  ]
}

/** Those that are not as they are by default. */
function settingsOf(given: JsonObject): string[] {
  return Object.entries(given).filter(([key, value]) => value !== null && value !== '' && value !== DEFAULTS[key]).map(([key]) => key)
}

const KEYS = [
  'aws_access_key_id', 'aws_secret_access_key', 'aws_session_token', 'minio_root_user', 'minio_root_password', 'region_name',
  'block_type_slug',
]
const DEFAULTS: Readonly<Record<string, Json>> = { use_ssl: true, verify: true }

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
