import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { CommonError } from '../error.ts'
import type { RawRequest } from '../sigv4.ts'
import { headerOf } from '../sigv4.ts'
import { s3Error } from './error.ts'

/** What was sent, without its framing, and the checksums that came with it and are true; by algorithm, in base64. */
export type Body = { readonly content: Buffer; readonly checksums: Readonly<Record<string, string>> }

/** @throws AwsError for a body that is not what its headers say. */
export function readBody(request: RawRequest): Body {
  const said = headerOf(request, 'x-amz-content-sha256')
  if (/^[0-9a-f]{64}$/.test(said) && said !== sha256(request.body, 'hex')) throw s3Error('XAmzContentSHA256Mismatch')
  const { content, trailers } = said === 'STREAMING-UNSIGNED-PAYLOAD-TRAILER' ? unchunk(request) : { content: request.body, trailers: {} }
  if (said.startsWith('STREAMING-AWS4-')) throw new CommonError('unknownOperation', 'The simulator does not verify signatures of single chunks')
  const md5 = headerOf(request, 'content-md5')
  if (md5 !== '' && md5 !== createHash('md5').update(content).digest('base64')) throw s3Error('BadDigest')
  return { content, checksums: verified(content, { ...request.headers, ...trailers }) }
}

/** AWS's own chunks, without signatures: `<size in hex>\r\n<bytes>\r\n` …, `0\r\n`, then trailing headers. */
function unchunk(request: RawRequest): { readonly content: Buffer; readonly trailers: Readonly<Record<string, string>> } {
  const pieces: Buffer[] = []
  let rest = request.body
  for (;;) {
    const end = rest.indexOf('\r\n')
    const size = Number.parseInt(rest.toString('latin1', 0, Math.max(end, 0)), 16)
    if (end === -1 || Number.isNaN(size)) throw s3Error('IncompleteBody')
    rest = rest.subarray(end + 2)
    if (size === 0) break
    pieces.push(rest.subarray(0, size))
    rest = rest.subarray(size + 2)
  }
  const content = Buffer.concat(pieces)
  if (content.length !== Number(headerOf(request, 'x-amz-decoded-content-length'))) throw s3Error('IncompleteBody')
  const lines = rest.toString('latin1').split('\r\n').filter((line) => line !== '')
  return { content, trailers: Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()])) }
}

const CHECKSUMS: Readonly<Record<string, (content: Buffer) => string>> = {
  crc32: (content) => {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(crc32(content))
    return bytes.toString('base64')
  },
  sha1: (content) => createHash('sha1').update(content).digest('base64'),
  sha256: (content) => sha256(content, 'base64'),
}

function verified(content: Buffer, headers: Readonly<Record<string, string | readonly string[] | undefined>>): Record<string, string> {
  const given = Object.entries(headers).flatMap(([name, value]) => {
    const [, algorithm] = /^x-amz-checksum-(crc32c?|crc64nvme|sha1|sha256)$/.exec(name) ?? []
    return algorithm === undefined || typeof value !== 'string' ? [] : [[algorithm, value] as const]
  })
  for (const [algorithm, value] of given) {
    const compute = CHECKSUMS[algorithm]
    if (compute === undefined) throw new CommonError('unknownOperation', `The simulator does not compute ${algorithm}`)
    if (compute(content) !== value) throw s3Error('BadDigest')
  }
  return Object.fromEntries(given)
}

function sha256(data: Buffer, encoding: 'hex' | 'base64'): string {
  return createHash('sha256').update(data).digest(encoding)
}
