import { describe, expect, it } from '@jest/globals'
import { parseAuthorization, signatureOf } from '../../sandbox/aws/sigv4.ts'

// From AWS's Signature Version 4 test suite.
const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'
const HEADERS = { host: 'example.amazonaws.com', 'x-amz-date': '20150830T123600Z' }

function authorization(signedHeaders = 'host;x-amz-date', signature = '0'.repeat(64)) {
  const scope = 'AKIDEXAMPLE/20150830/us-east-1/service/aws4_request'
  const parsed = parseAuthorization(`AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=${signedHeaders}, Signature=${signature}`)
  if (parsed === undefined) throw new Error('The header could not be parsed')
  return parsed
}

describe('the signature of a request', () => {
  it('is the one of the vector get-vanilla', () => {
    const request = { method: 'GET', url: '/', headers: HEADERS, body: Buffer.alloc(0) }

    const signature = signatureOf(request, authorization(), SECRET)

    expect(signature).toBe('5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31')
  })

  it('sorts the query, as in the vector get-vanilla-query-order-key-case', () => {
    const request = { method: 'GET', url: '/?Param2=value2&Param1=value1', headers: HEADERS, body: Buffer.alloc(0) }

    const signature = signatureOf(request, authorization(), SECRET)

    expect(signature).toBe('b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500')
  })

  it('covers the body, as in the vector post-x-www-form-urlencoded', () => {
    const headers = { ...HEADERS, 'content-type': 'application/x-www-form-urlencoded' }
    const request = { method: 'POST', url: '/', headers, body: Buffer.from('Param1=value1') }

    const signature = signatureOf(request, authorization('content-type;host;x-amz-date'), SECRET)

    expect(signature).toBe('ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a')
  })

  it('changes with every byte of the body', () => {
    const request = { method: 'POST', url: '/', headers: HEADERS, body: Buffer.from('{"a":1}') }

    const signature = signatureOf(request, authorization(), SECRET)

    expect(signature).not.toBe(signatureOf({ ...request, body: Buffer.from('{"a":2}') }, authorization(), SECRET))
  })
})

describe('an Authorization header', () => {
  it('is taken apart', () => {
    expect(authorization('host;x-amz-date', 'ab'.repeat(32))).toEqual({
      accessKeyId: 'AKIDEXAMPLE',
      date: '20150830',
      region: 'us-east-1',
      service: 'service',
      signedHeaders: ['host', 'x-amz-date'],
      signature: 'ab'.repeat(32),
    })
  })

  it.each(['Bearer token', 'AWS4-HMAC-SHA256 Credential=AKID/20150830/us-east-1/ecs/aws4_request', 'AWS4-HMAC-SHA256'])(
    'is incomplete as %j',
    (header) => {
      expect(parseAuthorization(header)).toBeUndefined()
    },
  )
})
