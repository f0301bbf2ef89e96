import { describe, expect, it } from '@jest/globals'
import { formatImageReference, parseImageReference } from '../../src/image/reference.ts'
import type { ImageReference } from '../../src/image/reference.ts'

const DIGEST = `sha256:${'a1'.repeat(32)}`
const ECR = '123456789012.dkr.ecr.eu-central-1.amazonaws.com'

const references: [string, Partial<ImageReference>][] = [
  ['v1', { tag: 'v1' }],
  ['tree-0123abcd', { tag: 'tree-0123abcd' }],
  ['_Release.1-x', { tag: '_Release.1-x' }],
  [DIGEST, { digest: DIGEST }],
  ['flows:v1', { path: 'flows', tag: 'v1' }],
  [`flows@${DIGEST}`, { path: 'flows', digest: DIGEST }],
  [`flows:v1@${DIGEST}`, { path: 'flows', tag: 'v1', digest: DIGEST }],
  ['team/flows:v1', { path: 'team/flows', tag: 'v1' }],
  ['team__a/b-c--d/e.f_g:1', { path: 'team__a/b-c--d/e.f_g', tag: '1' }],
  [`${ECR}/flows:v1`, { host: ECR, path: 'flows', tag: 'v1' }],
  [`${ECR}/team/flows@${DIGEST}`, { host: ECR, path: 'team/flows', digest: DIGEST }],
  ['localhost/flows:v1', { host: 'localhost', path: 'flows', tag: 'v1' }],
  ['127.0.0.1:5000/flows:v1', { host: '127.0.0.1:5000', path: 'flows', tag: 'v1' }],
  ['[::1]:5000/flows:v1', { host: '[::1]:5000', path: 'flows', tag: 'v1' }],
  ['Registry/flows:v1', { host: 'Registry', path: 'flows', tag: 'v1' }],
  ['ghcr.io/org/flows:sha-1', { host: 'ghcr.io', path: 'org/flows', tag: 'sha-1' }],
]

describe('an image reference', () => {
  it.each(references)('%s is read', (text, parts) => {
    expect(parseImageReference(text)).toEqual({ host: undefined, path: undefined, tag: undefined, digest: undefined, ...parts })
  })

  it.each(references)('%s is written as it was read', (text) => {
    expect(formatImageReference(parseImageReference(text))).toBe(text)
  })

  it.each([
    'team/flows', `${ECR}/flows`, // latest is not a version to go back to
  ])('%s is refused for want of a tag or digest', (text) => {
    expect(() => parseImageReference(text)).toThrow(`Input "image": "${text}" names no tag and no digest`)
  })

  it.each([
    '', ' v1', 'v1 v2', '-v1', 'Flows:v1', 'flows:', 'flows:a/b', 'flows@sha256:abc', 'sha256:abc/x',
    `flows@sha512:${'a1'.repeat(64)}`, '/flows:v1', 'a//b:v1',
    'flows_:v1', 'flows;rm -rf:v1', 'x'.repeat(129), `flows:${'x'.repeat(129)}`, '--help', 'https://ghcr.io/org/flows:v1', 'flows:v1\n',
  ])('%j is refused', (text) => {
    expect(() => parseImageReference(text)).toThrow(expect.objectContaining({ code: 'invalid-input' }))
  })
})
