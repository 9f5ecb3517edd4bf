import { AppError, messageOf } from '../errors.ts'
import type { Accepted, AcceptRequest } from './incoming.ts'

/** The result of one request of a batch: its value, or why it failed. */
export type Result = { value: Accepted } | { error: unknown }

/** Returns the value of a result, or throws its error. */
export function unwrap(result: Result): Accepted {
  if ('value' in result) return result.value
  throw result.error
}

/** Settles the promise that the caller of `accept` awaits. */
export type Waiting = Pick<PromiseWithResolvers<Accepted>, 'resolve' | 'reject'>

/** Settles the promises of a batch with its results, or all with the error of the batch. */
export async function settleEach(
  waiting: readonly Waiting[],
  batch: Promise<readonly Result[]>,
): Promise<void> {
  const results = await batch.catch((error) => waiting.map(() => ({ error })))
  for (const [index, { resolve, reject }] of waiting.entries()) {
    const result = results[index] as Result
    if ('value' in result) resolve(result.value)
    else reject(result.error)
  }
}

/**
 * Accepts requests in one transaction; `accept` may append to `requests`. If the transaction fails and `isRetried` is
 * true, each request is retried alone, and only the invalid ones fail. Every error is an AppError.
 */
export async function acceptEach(
  requests: readonly AcceptRequest[],
  accept: (requests: readonly AcceptRequest[]) => Promise<Accepted[]>,
  isRetried: (error: unknown) => boolean = () => true,
): Promise<Result[]> {
  try {
    return (await accept(requests)).map((value) => ({ value }))
  } catch (error) {
    if (requests.length === 1 || !isRetried(error)) {
      const failure = storeError(error)
      return requests.map(() => ({ error: failure }))
    }
    const results: Result[] = []
    for (const request of requests) results.push(...(await acceptEach([request], accept)))
    return results
  }
}

function storeError(error: unknown): AppError {
  if (error instanceof AppError) return error
  return new AppError('store_unavailable', messageOf(error), { cause: error })
}
