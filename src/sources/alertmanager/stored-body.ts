import { isObject } from '../parsing/json.ts'
import { textFrom } from '../parsing/text.ts'
import { isPayload, type Payload } from './schema.ts'

/** A field in which Grafana sends additional findings about an alert; no message shows it. */
const ENRICHMENTS = 'enrichments'
/** The start of an embedded image, which DingTalk does not show. */
const IMAGE = 'data:image/'
/** Part of every embedded image. Its first character is rare in JSON: searching for IMAGE takes 30 times as long. */
const MARK_OF_IMAGES = ';base64,'

/**
 * The body to store, without enrichments and embedded images, which may take megabytes per alert. Empty for a body that
 * has neither.
 */
export function storedBody(
  body: string | Uint8Array,
  { alerts, ...envelope }: Payload,
): { stored?: string } {
  const hasEnrichments = [envelope, ...alerts].some(
    (each) => isObject(each) && each[ENRICHMENTS] !== undefined,
  )
  if (!hasEnrichments && !mayHold(body, MARK_OF_IMAGES)) return {}
  const payload: unknown = JSON.parse(textFrom(body))
  if (!isPayload(payload)) return {}
  const parts: unknown[] = [payload, ...payload.alerts]
  for (const each of parts) if (isObject(each)) delete each[ENRICHMENTS]
  const stored = JSON.stringify(payload, (_, value: unknown) =>
    typeof value === 'string' && value.startsWith(IMAGE) ? '' : value,
  )
  return { stored }
}

function mayHold(body: string | Uint8Array, text: string): boolean {
  return typeof body === 'string'
    ? body.includes(text)
    : Buffer.from(body.buffer, body.byteOffset, body.byteLength).includes(text)
}
