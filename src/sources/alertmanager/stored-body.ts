import { isObject } from '../parsing/json.ts'
import { textFrom } from '../parsing/text.ts'
import { isPayload, type Payload } from './schema.ts'

/** A field in which Grafana sends additional findings about an alert; no message shows it. */
const ENRICHMENTS = 'enrichments'
/** The start of an embedded image, which DingTalk does not show. */
const IMAGE = 'data:image/'
/**
 * Texts that a body with an embedded image contains: of an image in base64, and of an SVG as text. Searching for them is
 * 30 times as fast as searching for IMAGE, because their first characters are rare in JSON.
 */
const IMAGE_SIGNS = [';base64,', '+xml'] as const

/**
 * The body to store, without enrichments and embedded images, which may take megabytes per alert. Empty for a body that
 * has neither.
 */
export function storedBody(body: string | Uint8Array, read: Payload): { stored?: string } {
  const mayShrink =
    hasEnrichments(read) ||
    read.alerts.some(hasEnrichments) ||
    IMAGE_SIGNS.some((sign) => mayHold(body, sign))
  if (!mayShrink) return {}
  const payload: unknown = JSON.parse(textFrom(body))
  if (!isPayload(payload)) return {}
  const parts: unknown[] = [payload, ...payload.alerts]
  for (const each of parts) if (isObject(each)) delete each[ENRICHMENTS]
  const stored = JSON.stringify(payload, (_, value: unknown) =>
    typeof value === 'string' && value.startsWith(IMAGE) ? '' : value,
  )
  return { stored }
}

function hasEnrichments(part: unknown): boolean {
  return isObject(part) && part[ENRICHMENTS] !== undefined
}

function mayHold(body: string | Uint8Array, text: string): boolean {
  return typeof body === 'string'
    ? body.includes(text)
    : Buffer.from(body.buffer, body.byteOffset, body.byteLength).includes(text)
}
