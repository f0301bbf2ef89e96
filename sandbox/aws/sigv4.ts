import { createHash, createHmac } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/** A request as it came over the wire: `url` with its query string, `body` byte for byte. */
export type RawRequest = { readonly method: string; readonly url: string; readonly headers: IncomingHttpHeaders; readonly body: Buffer }

/** The parts of an `Authorization: AWS4-HMAC-SHA256` header. */
export type Authorization = {
  readonly accessKeyId: string
  /** `YYYYMMDD` */
  readonly date: string
  readonly region: string
  readonly service: string
  readonly signedHeaders: readonly string[]
  readonly signature: string
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/(\d{8})\/([^/,\s]+)\/([^/,\s]+)\/aws4_request,\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$/

/** @returns undefined when the header is not a complete Signature Version 4. */
export function parseAuthorization(header: string): Authorization | undefined {
  const [, accessKeyId, date, region, service, headers, signature] = AUTHORIZATION.exec(header) ?? []
  if (accessKeyId === undefined || date === undefined || region === undefined || service === undefined) return undefined
  if (headers === undefined || signature === undefined) return undefined
  return { accessKeyId, date, region, service, signedHeaders: headers.split(';'), signature }
}

/** The signature that the request must carry when it was signed with `secret`: AWS Signature Version 4. */
export function signatureOf(request: RawRequest, authorization: Authorization, secret: string): string {
  const { date, region, service } = authorization
  const scope = `${date}/${region}/${service}/aws4_request`
  const canonical = canonicalRequest(request, authorization)
  const text = ['AWS4-HMAC-SHA256', headerOf(request, 'x-amz-date'), scope, sha256(canonical)].join('\n')
  const key = [date, region, service, 'aws4_request'].reduce<Buffer | string>(hmac, `AWS4${secret}`)
  return hmac(key, text).toString('hex')
}

/** One header's value, '' when it is absent. */
export function headerOf({ headers }: Pick<RawRequest, 'headers'>, name: string): string {
  const value = headers[name]
  return Array.isArray(value) ? value.join(',') : (value ?? '')
}

/** S3 signs the path as it is sent, and what the request says of its body, which need not be a hash; all other services encode the path once more. */
function canonicalRequest(request: RawRequest, { service, signedHeaders }: Authorization): string {
  const [path = '/', query = ''] = request.url.split('?', 2)
  const isS3 = service === 's3'
  const headers = signedHeaders.map((name) => `${name}:${headerOf(request, name).trim().replace(/ +/g, ' ')}\n`)
  const payload = isS3 ? headerOf(request, 'x-amz-content-sha256') : sha256(request.body)
  const parts = [isS3 ? path : canonicalPath(path), canonicalQuery(query), headers.join(''), signedHeaders.join(';'), payload]
  return [request.method, ...parts].join('\n')
}

function canonicalPath(path: string): string {
  return path.split('/').map(encode).join('/')
}

function canonicalQuery(query: string): string {
  const pairs = [...new URLSearchParams(query)].map(([name, value]) => `${encode(name)}=${encode(value)}`)
  return pairs.sort().join('&')
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex')
}

function hmac(key: Buffer | string, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest()
}
