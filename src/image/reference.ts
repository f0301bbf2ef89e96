import { DeployError } from '../errors.ts'

/** An image as a user names it. */
export type ImageReference = {
  /** Registry host with its port, when one is written. */
  readonly host: string | undefined
  /** Repository without the host. */
  readonly path: string | undefined
  readonly tag: string | undefined
  readonly digest: string | undefined
}

/**
 * Reads an image reference: a tag (`v1`), a digest (`sha256:…`), or `[host/]path[:tag][@digest]` by the grammar of
 * github.com/distribution/reference. The first component is a host when it holds a dot, a colon or a capital, or is
 * `localhost`. Unlike for Docker, nothing stands for a missing tag: `latest` is not a version to go back to.
 * @throws DeployError `invalid-input` when it is none of these.
 */
export function parseImageReference(text: string): ImageReference {
  const reference = readImageReference(text)
  if (reference?.tag !== undefined || reference?.digest !== undefined) return reference
  const what = reference === undefined ? 'is not an image' : 'names no tag and no digest'
  throw new DeployError('invalid-input', `Input "image": "${text}" ${what}`, {
    hint: 'Give a tag, a digest (sha256:…), repository:tag, or a full reference, registry/repository@sha256:….',
  })
}

/** The same without the error: undefined when it is none of these, without tag and digest when it names neither. */
export function readImageReference(text: string): ImageReference | undefined {
  if (DIGEST.test(text)) return { host: undefined, path: undefined, tag: undefined, digest: text }
  if (TAG.test(text)) return { host: undefined, path: undefined, tag: text, digest: undefined }
  const { host, path, tag, digest } = REFERENCE.exec(text)?.groups ?? {}
  return path === undefined ? undefined : { host, path, tag, digest }
}

/** The reference in one string, as it was written. */
export function formatImageReference({ host, path, tag, digest }: ImageReference): string {
  const name = [host, path].filter((part) => part !== undefined).join('/')
  if (name === '') return tag ?? digest ?? ''
  return `${name}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`
}

/** Whether any registry takes it as a tag. */
export function isTag(text: string): boolean {
  return TAG.test(text)
}

/** Whether ECR takes it as the name of a repository (RepositoryName in the ECR API reference). */
export function isRepositoryName(text: string): boolean {
  return PATH.test(text) && text.length >= 2 && text.length <= 256
}

const DIGEST = /^sha256:[0-9a-f]{64}$/
const TAG = /^\w[\w.-]{0,127}$/
const COMPONENT = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'
const PATH = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`)
const LABEL = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?'
const HOST = `(?=[^/]*[.:A-Z]|localhost/)(?:${LABEL}(?:\\.${LABEL})*|\\[[a-fA-F0-9:]+\\])(?::\\d+)?`
const REFERENCE = new RegExp(
  `^(?:(?<host>${HOST})/)?(?<path>${COMPONENT}(?:/${COMPONENT})*)(?::(?<tag>\\w[\\w.-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$`,
)
