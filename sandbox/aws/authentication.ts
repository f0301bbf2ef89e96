import { timingSafeEqual } from 'node:crypto'
import { CommonError } from './error.ts'
import type { Credential, Principal } from './identity.ts'
import type { Authorization, RawRequest } from './sigv4.ts'
import { headerOf, parseAuthorization, signatureOf } from './sigv4.ts'
import type { World } from './world.ts'

const SKEW_MS = 5 * 60 * 1000

/**
 * Who signed the request. Its date is judged by the machine's clock, which clients sign with; a session's expiry by
 * the simulator's.
 * @param service the name that the signature's scope must have, as `ecs`.
 * @throws CommonError in AWS's words.
 */
export function authenticate(world: World, request: RawRequest, service: string): Principal {
  const header = headerOf(request, 'authorization')
  if (header === '') throw new CommonError('missingToken', 'Missing Authentication Token')
  const authorization = parseAuthorization(header)
  if (authorization === undefined) {
    throw new CommonError('incompleteSignature', `Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' parameters.`)
  }
  const credential = findCredential(world, request, authorization)
  checkScope(world, { authorization, service })
  checkDate(request, authorization)
  checkSignature(request, authorization, credential)
  if (credential.session !== undefined && credential.session.expiration <= world.timeline.now()) {
    throw new CommonError('expiredToken', 'The security token included in the request is expired')
  }
  return credential.principal
}

function findCredential({ credentials }: World, request: RawRequest, { accessKeyId }: Authorization): Credential {
  const credential = credentials.get(accessKeyId)
  const token = headerOf(request, 'x-amz-security-token')
  if (credential === undefined || (credential.session?.token ?? '') !== token) {
    throw new CommonError('unrecognizedClient', 'The security token included in the request is invalid.')
  }
  return credential
}

function checkScope(
  { account }: World,
  { authorization, service }: { readonly authorization: Authorization; readonly service: string },
): void {
  if (authorization.region !== account.region) {
    throw new CommonError('invalidSignature', `Credential should be scoped to a valid region. `)
  }
  if (authorization.service !== service) {
    throw new CommonError('invalidSignature', `Credential should be scoped to correct service: '${service}'. `)
  }
}

function checkDate(request: RawRequest, authorization: Authorization): void {
  const stamp = headerOf(request, 'x-amz-date')
  const signedAt = Date.parse(stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
  if (Number.isNaN(signedAt) || !stamp.startsWith(authorization.date)) {
    throw new CommonError(
      'invalidSignature',
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${stamp}'`,
    )
  }
  if (Math.abs(Date.now() - signedAt) > SKEW_MS) {
    throw new CommonError('invalidSignature', `Signature expired: ${stamp} is not within 5 minutes of ${new Date().toISOString()}`)
  }
}

function checkSignature(request: RawRequest, authorization: Authorization, credential: Credential): void {
  if (!authorization.signedHeaders.includes('host')) {
    throw new CommonError('invalidSignature', `'Host' must be a 'SignedHeader' in the AWS Authorization.`)
  }
  const expected = signatureOf(request, authorization, credential.secretAccessKey)
  if (!timingSafeEqual(Buffer.from(expected), Buffer.from(authorization.signature))) {
    throw new CommonError(
      'invalidSignature',
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
    )
  }
}
