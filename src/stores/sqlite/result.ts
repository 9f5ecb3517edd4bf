import { AppError } from '../../errors.ts'

/** The result of one request of a batch: its value, or why it failed. */
export type Result<T> = { value: T } | { error: string }

/** Returns the value of a result, or throws its AppError. */
export function unwrap<T>(result: Result<T> | undefined): T {
  if (result !== undefined && 'value' in result) return result.value
  throw new AppError('store_unavailable', result?.error ?? 'the store gave no result')
}
