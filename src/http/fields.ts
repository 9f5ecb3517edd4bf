import type { Request } from 'express'
import { AppError } from '../errors.ts'
import { instantIn, WRONG_INSTANT } from '../model/instant.ts'
import type { AccessControl } from './access-control.ts'

const MAX_NAME_LENGTH = 60

export type Fields = Readonly<Record<string, unknown>>

/** The fields of a JSON body; none without a body. AppError bad_request if the body is not an object. */
export function fieldsOf(body: unknown): Fields {
  if (body === undefined) return {}
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw bad('the body must be a JSON object')
  return body as Fields
}

/** A field's text; undefined if it is missing or empty. AppError bad_request if it is not a string. */
export function textOf(fields: Fields, name: string): string | undefined {
  const value = fields[name]
  if (value === undefined || value === '') return undefined
  if (typeof value !== 'string') throw bad(`${name}: must be a string`)
  return value
}

/** The texts of a form's field, which may occur more than once. */
export function textsIn(form: unknown, name: string): string[] {
  const value = (form as Fields | undefined)?.[name]
  return [value].flat().filter((each) => typeof each === 'string')
}

/** The text of a form's field; empty if the field is missing or repeated. */
export function textIn(form: unknown, name: string): string {
  const texts = textsIn(form, name)
  return texts.length === 1 ? (texts[0] as string) : ''
}

/** The name in `by`, else the address that the request came from. */
export function byOf(fields: Fields, request: Request, guard: () => AccessControl): string {
  const name = textOf(fields, 'by')
    ?.replace(/[\p{C}\s]+/gu, ' ')
    .trim()
  return name ? name.slice(0, MAX_NAME_LENGTH).toWellFormed() : guard().addressOf(request)
}

/** Parses an RFC 3339 instant, which includes the offset; AppError bad_request for anything else. */
export function instantFrom(value: unknown, name: string): Date {
  const instant = typeof value === 'string' ? instantIn(value) : undefined
  if (instant === undefined) throw bad(`${name}: ${WRONG_INSTANT}`)
  return instant
}

export function bad(message: string): AppError {
  return new AppError('bad_request', message)
}
