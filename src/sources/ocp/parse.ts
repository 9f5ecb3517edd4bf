import { AppError } from '../../errors.ts'
import { isObject, readJson } from '../json.ts'
import { textOf } from '../text.ts'
import { isKnownName, isTellingName } from './names.ts'
import { pairsIn } from './pairs.ts'
import { recommendedIn } from './recommended.ts'
import { repaired } from './repair.ts'
import { fieldsFrom, type Parsed, plainText, shapeOf } from './shape.ts'

/**
 * The alerts in whatever an operator's template made. Strict JSON first, then JSON that raw values broke, then the
 * recommended lines, other `key=value` lines and form fields, at last the whole body as the message. AppError
 * bad_payload: the body is empty.
 */
export function parseBody(text: string): Parsed[] {
  const body = text.trim()
  if (body === '')
    throw new AppError(
      'bad_payload',
      'the body is empty: give the HTTP channel in OCP a body template',
    )
  const read = readJson(body)
  if (read.kind === 'json') return alertsIn(read.value, body)
  if (/^[[{]/.test(body)) {
    const value = repaired(body)
    if (isMeant(value)) return alertsIn(value, body)
  }
  const fields = recommendedIn(body) ?? pairsIn(body)
  return [fields === undefined ? plainText(body) : shapeOf(fieldsFrom(fields))]
}

function alertsIn(value: unknown, body: string): Parsed[] {
  if (isObject(value)) return [shapeOf(value)]
  // Several alerts in one body; what is none among them is told as a text.
  if (Array.isArray(value) && value.some(isObject))
    return value.map((each) => (isObject(each) ? shapeOf(each) : plainText(textOf(each) ?? 'null')))
  if (typeof value !== 'string' || value.trim() === '') return [plainText(body)]
  // A whole body between quotes: what is in them may be JSON again.
  const inner = readJson(value)
  return inner.kind === 'json' && isObject(inner.value)
    ? [shapeOf(inner.value)]
    : [plainText(value)]
}

/** Whether what was repaired is what its template meant, and no chance find in a text that begins with a bracket. */
function isMeant(value: unknown): boolean {
  if (Array.isArray(value)) return value.some((each) => isObject(each) && isMeant(each))
  const names = isObject(value) ? Object.keys(value) : []
  return names.some((name) => isKnownName(name) || isTellingName(name))
}
