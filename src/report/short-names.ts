import { code, cut } from './markdown.ts'

/** `flows@sha256:0123456789ab…` of a full reference; what tells one image from the other. */
export function shortImage(reference: string): string {
  const name = reference.slice(reference.lastIndexOf('/') + 1)
  return name.replace(/(@sha256:[0-9a-f]{12})[0-9a-f]+$/, '$1…')
}

/** `flows:8` of a revision's ARN. */
export function shortRevision(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1)
}

/** `tree-0123456789ab…` of an image's tag that is a fingerprint. */
export function shortTag(tag: string): string {
  return tag.replace(/^(tree-[0-9a-f]{12})[0-9a-f]+$/, '$1…')
}

/** Of a revision's ARN or an image's reference with digest what tells it from others of its kind; other text as it is. */
export function shortName(text: string): string {
  if (/^arn:[\w-]+:ecs:[^/]*:task-definition\/[\w-]+:\d+$/.test(text)) return shortRevision(text)
  return /^[\w.:/-]+@sha256:[0-9a-f]{64}$/.test(text) ? shortImage(text) : text
}

/** Seven digits of a commit, as GitHub shows it. */
export function shortCommit(commit: string): string {
  return code(/^[0-9a-f]{8,}$/.test(commit) ? commit.slice(0, 7) : cut(commit, 40))
}

