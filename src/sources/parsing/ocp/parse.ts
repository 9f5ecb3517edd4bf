import { AppError } from '../../../errors.ts'
import { mapYielding, yieldTurn } from '../../../time-slices.ts'
import { exceedsComplexity } from '../complexity-limit.ts'
import { isObject, parsedJson } from '../json.ts'
import { textOf } from '../text.ts'
import { fieldsFrom, type Parsed, parsedBody, plainText } from './detect-format.ts'
import { pairsIn } from './key-value.ts'
import { repaired } from './lenient-json.ts'
import { isContentName, isKnownName } from './names.ts'
import { recommendedIn } from './recommended.ts'

/** Far more than OCP's largest bodies have; a body with more parts is read as plain text. */
const BOUNDS = { brackets: 50_000, quotes: 500_000 } as const
const MAX_ALERTS = 10_000

/**
 * A body of more characters that is neither strict JSON nor the recommended lines is read as plain text, because
 * repairs would take long.
 */
const MAX_REPAIRED_LENGTH = 256 * 1024

/**
 * Reads the alerts in any body: strict JSON first, then JSON broken by raw values, then the recommended lines, other
 * `key=value` lines and form fields, finally the whole body as the message. Throws AppError bad_payload for an empty
 * body.
 */
export async function parseBody(text: string): Promise<Parsed[]> {
  const body = text.trim()
  if (body === '')
    throw new AppError(
      'bad_payload',
      'the body is empty: give the HTTP channel in OCP a body template',
    )
  if (await exceedsComplexity(body, BOUNDS)) return [plainText(body)]
  await yieldTurn()
  const mayRepair = body.length <= MAX_REPAIRED_LENGTH
  // Diagnostics are not needed for a body that is not JSON.
  const read = parsedJson(body)
  if (read !== undefined) return alertsIn(read.value, body)
  await yieldTurn()
  if (mayRepair && /^[[{]/.test(body)) {
    const value = repaired(body)
    if (looksIntentional(value)) return alertsIn(value, body)
    await yieldTurn()
  }
  const fields = recommendedIn(body) ?? (mayRepair ? pairsIn(body) : undefined)
  return [fields === undefined ? plainText(body) : parsedBody(fieldsFrom(fields))]
}

async function alertsIn(value: unknown, body: string): Promise<Parsed[]> {
  if (isObject(value)) return [parsedBody(value)]
  // A batch; items that are not objects become plain-text alerts.
  if (Array.isArray(value) && value.length <= MAX_ALERTS && value.some(isObject))
    return mapYielding(value, (each) =>
      isObject(each) ? parsedBody(each) : plainText(textOf(each) ?? 'null'),
    )
  if (typeof value !== 'string' || value.trim() === '') return [plainText(body)]
  // A JSON string may itself contain JSON.
  const inner = parsedJson(value)
  return inner !== undefined && isObject(inner.value)
    ? [parsedBody(inner.value)]
    : [plainText(value)]
}

/** Whether a repaired value has a field of OCP's; otherwise the body is a text that only begins with a bracket. */
function looksIntentional(value: unknown): boolean {
  if (Array.isArray(value)) return value.some((each) => isObject(each) && looksIntentional(each))
  const names = isObject(value) ? Object.keys(value) : []
  return names.some((name) => isKnownName(name) || isContentName(name))
}
