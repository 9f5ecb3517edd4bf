import { AppError } from '../../errors.ts'
import { StoreUnreachable } from '../unreachable.ts'
import type { Address } from './address.ts'
import { codeOf, errorText } from './database.ts'

/**
 * Wraps an error of opening with address and reason: StoreUnreachable if a later attempt may succeed. Returns
 * bad_configuration unchanged.
 */
export function cannotOpen({ host, port, database }: Address, error: unknown): AppError {
  if (error instanceof AppError && error.code === 'bad_configuration') return error
  const words = `cannot open the store postgres://${host}:${port}/${database}: ${errorText(error)}`
  const passes = isTransient(error)
    ? 'by_itself'
    : REPAIRABLE.includes(codeOf(error) ?? '')
      ? 'after_repair'
      : undefined
  return passes === undefined
    ? new AppError('store_unavailable', words, { cause: error })
    : new StoreUnreachable(words, { passes, cause: error })
}

/**
 * True if there was no answer, or if the server starts or stops (SQLSTATE class 57), lacks resources (53), dropped the
 * connection (08), or rolled the transaction back, as after a deadlock (40).
 */
function isTransient(error: unknown): boolean {
  if (error instanceof AppError) return false
  const code = codeOf(error)
  if (code === undefined) return /timeout|terminated/i.test(errorText(error))
  return /^(?:57|53|08|40)...$/.test(code) || UNREACHABLE.includes(code)
}

const UNREACHABLE = [
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]

/** Wrong password; unknown user or missing pg_hba.conf entry; unknown database. */
const REPAIRABLE = ['28P01', '28000', '3D000']
