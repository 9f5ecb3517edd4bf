import { isObject } from '../parsing/json.ts'
import { textFrom } from '../parsing/text.ts'
import { isPayload, type Payload } from './schema.ts'

/** Grafana's list of what it found out about an alert; no message shows it. */
const ENRICHMENTS = 'enrichments'
/** How an image within a text begins. DingTalk shows none of these. */
const IMAGE = 'data:image/'
/** Part of every such image. Its first character is rare in JSON: a search for IMAGE takes 30 times as long. */
const MARK_OF_IMAGES = ';base64,'

/** A body without enrichments and embedded images, where it has some: they can be megabytes of each alert. */
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
