import { AppError, messageOf } from '../errors.ts'
import type { Accepted, AcceptRequest } from './incoming.ts'

/** The result of one request of a batch: its value, or why it failed. */
export type Result = { value: Accepted } | { error: string }

/** Returns the value of a result, or throws its AppError. */
export function unwrap(result: Result | undefined): Accepted {
  if (result !== undefined && 'value' in result) return result.value
  throw new AppError('store_unavailable', result?.error ?? 'the store gave no result')
}

/** Settles the promise that the caller of `accept` awaits. */
export interface Waiting {
  resolve: (accepted: Accepted) => void
  reject: (error: unknown) => void
}

/** Settles the promises of a batch with its results, or all with its error. */
export async function settleEach(
  waiting: readonly Waiting[],
  batch: () => Promise<readonly Result[]>,
): Promise<void> {
  try {
    const results = await batch()
    for (const [index, { resolve, reject }] of waiting.entries())
      try {
        resolve(unwrap(results[index]))
      } catch (error) {
        reject(error)
      }
  } catch (error) {
    for (const { reject } of waiting) reject(error)
  }
}

/**
 * Accepts requests in one transaction; `accept` may append to `requests`. If the transaction fails and `isRetried` is
 * true, each request is retried alone, and only the invalid ones fail.
 */
export async function acceptEach(
  requests: readonly AcceptRequest[],
  accept: (requests: readonly AcceptRequest[]) => Promise<Accepted[]>,
  isRetried: (error: unknown) => boolean = () => true,
): Promise<Result[]> {
  try {
    return (await accept(requests)).map((value) => ({ value }))
  } catch (error) {
    if (requests.length === 1 || !isRetried(error))
      return requests.map(() => ({ error: messageOf(error) }))
    const results: Result[] = []
    for (const request of requests) results.push(...(await acceptEach([request], accept)))
    return results
  }
}
