import { textFrom } from '../parsing/text.ts'
import { isPayload } from './schema.ts'

/** Grafana's list of what it found out about an alert; no message shows it. */
const ENRICHMENTS = 'enrichments'
/** How an image within a text begins. DingTalk shows none of these. */
const IMAGE = 'data:image/'

/** A body without enrichments and embedded images, where it has some: they can be megabytes of each alert. */
export function storedBody(body: string | Uint8Array): { stored?: string } {
  if (!mayHold(body, `"${ENRICHMENTS}"`) && !mayHold(body, IMAGE)) return {}
  const payload: unknown = JSON.parse(textFrom(body))
  if (!isPayload(payload)) return {}
  for (const each of [payload, ...payload.alerts])
    if (typeof each === 'object' && each !== null)
      delete (each as Record<string, unknown>)[ENRICHMENTS]
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
