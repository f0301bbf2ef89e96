import { AwsError } from '../error.ts'

type PageRequest = { readonly nextToken?: string | undefined; readonly maxResults?: number | undefined; readonly most?: number }
type Page<Item> = { readonly items: Item[]; readonly nextToken: { readonly nextToken?: string } }

/** One page of a list, 100 items unless more are asked for, and at most so many as the service gives. @throws AwsError InvalidParameterException for a token that was never given out. */
export function page<Item>(all: readonly Item[], { nextToken, maxResults = 100, most = 100 }: PageRequest): Page<Item> {
  const size = Math.min(Math.max(maxResults, 1), most)
  const start = nextToken === undefined ? 0 : Number(Buffer.from(nextToken, 'base64url').toString())
  if (!Number.isInteger(start) || start < 0 || (nextToken !== undefined && start >= all.length)) {
    throw new AwsError('InvalidParameterException', 'Invalid token.')
  }
  const end = start + size
  return { items: all.slice(start, end), nextToken: end < all.length ? { nextToken: Buffer.from(String(end)).toString('base64url') } : {} }
}
