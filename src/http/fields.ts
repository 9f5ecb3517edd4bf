import type { Request } from 'express'
import { AppError } from '../errors.ts'
import type { AccessControl } from './access-control.ts'

const MAX_NAME_LENGTH = 60

export type Fields = Readonly<Record<string, unknown>>

/** The fields of a JSON body, none without a body; AppError bad_request for anything but an object. */
export function fieldsOf(body: unknown): Fields {
  if (body === undefined) return {}
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw bad('the body must be a JSON object')
  return body as Fields
}

/** A text; undefined where it is empty. */
export function textOf(fields: Fields, name: string): string | undefined {
  const value = fields[name]
  if (value === undefined || value === '') return undefined
  if (typeof value !== 'string') throw bad(`${name}: must be a string`)
  return value
}

/** The name in `by`, else the address that the request came from. */
export function byOf(fields: Fields, request: Request, guard: () => AccessControl): string {
  const name = textOf(fields, 'by')
    ?.replace(/[\p{C}\s]+/gu, ' ')
    .trim()
  return name ? name.slice(0, MAX_NAME_LENGTH).toWellFormed() : guard().addressOf(request)
}

/** An instant as RFC 3339 writes it, which includes the offset; AppError bad_request for anything else. */
export function instantFrom(value: unknown, name: string): Date {
  // A `+` in a query that is not escaped arrives as a blank.
  const text = typeof value === 'string' ? value.replace(/ (?=\d\d:\d\d$)/, '+') : ''
  const instant = new Date(RFC_3339.test(text) ? text : Number.NaN)
  // Years with five digits cannot be written as RFC 3339.
  if (Number.isNaN(instant.getTime()) || instant.getUTCFullYear() > 9999)
    throw bad(
      `${name}: must be an instant such as 2026-12-24T09:00:00Z or 2026-12-24T09:00:00+08:00`,
    )
  return instant
}

const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:[Zz]|[+-]\d\d:\d\d)$/

export function bad(message: string): AppError {
  return new AppError('bad_request', message)
}
