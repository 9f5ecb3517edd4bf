import type { SourceName } from '../../model/alert.ts'
import type { Level } from '../../model/level.ts'
import type { AcceptRequest, IncomingAlert } from '../incoming.ts'

/**
 * The form in which requests are sent to the worker: one JSON text and one block of bytes. Structured clone would copy
 * their objects field by field in both threads.
 */
export interface EncodedBatch {
  json: string
  /** All bodies in UTF-8, concatenated, or one large body in its original buffer; transferred without a copy. */
  bodies: Uint8Array<ArrayBuffer>
}

/** Fields that many alerts of a request share. */
type Destination = Pick<
  IncomingAlert,
  'channel' | 'queues' | 'everyMs' | 'onlyNew' | 'suppressed' | 'muted'
>

type EncodedAlert = [
  position: number,
  destination: number,
  fingerprint: string,
  /** 0 when it equals the fingerprint. */
  group: string | 0,
  isResolved: 0 | 1,
  level: Level,
  name: string,
  cluster: string,
  startsAtMs: number | null,
  endsAtMs: number | null,
]

type EncodedRequest = [
  now: number,
  source: SourceName,
  key: string,
  dedupWindowMs: number,
  bodyBytes: number,
  destinations: Destination[],
  alerts: EncodedAlert[],
]

/** From this size on, a body is sent alone. Node.js shares ArrayBuffers only among smaller buffers. */
export const ALONE_FROM_BYTES = 1024 * 1024

/** True if the body is sent alone, by its size in UTF-8. */
export function isSentAlone(body: string | Uint8Array): boolean {
  return Buffer.byteLength(body) >= ALONE_FROM_BYTES
}

/** Encodes requests on arrival, so that their objects are not kept alive until the batch is sent. */
export class BatchEncoder {
  readonly #requests: string[] = []
  readonly #bodies: Uint8Array[] = []
  /** How many alerts were added. */
  alerts = 0

  get requests(): number {
    return this.#requests.length
  }

  add({ now, source, key, dedupWindowMs, body, alerts }: AcceptRequest): void {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    const destinations: Destination[] = []
    const encoded = alerts.map((alert): EncodedAlert => {
      const { fingerprint, group } = alert
      return [
        alert.position,
        destinationOf(alert, destinations),
        fingerprint,
        group === fingerprint ? 0 : group,
        alert.status === 'resolved' ? 1 : 0,
        alert.level,
        alert.name,
        alert.cluster,
        alert.startsAtMs ?? null,
        alert.endsAtMs ?? null,
      ]
    })
    const request: EncodedRequest = [
      now.getTime(),
      source,
      key,
      dedupWindowMs,
      bytes.length,
      destinations,
      encoded,
    ]
    this.#requests.push(JSON.stringify(request))
    this.#bodies.push(bytes)
    this.alerts += alerts.length
  }

  encoded(): EncodedBatch {
    const json = `[${this.#requests.join(',')}]`
    const [only] = this.#bodies
    if (this.#bodies.length === 1 && only !== undefined && isSentAlone(only))
      return { json, bodies: only as EncodedBatch['bodies'] }
    const bytes = this.#bodies.reduce((sum, { length }) => sum + length, 0)
    // Allocates its own ArrayBuffer, which can be transferred. Zeroing would be wasted, because each byte is written.
    const bodies = Buffer.allocUnsafeSlow(bytes)
    let at = 0
    for (const body of this.#bodies) {
      bodies.set(body, at)
      at += body.length
    }
    return { json, bodies }
  }
}

function destinationOf(alert: IncomingAlert, destinations: Destination[]): number {
  for (let index = destinations.length - 1; index >= 0; index -= 1)
    if (isSameDestination(destinations[index] as Destination, alert)) return index
  const { channel, queues, everyMs, onlyNew, suppressed, muted } = alert
  // JSON omits undefined fields.
  return destinations.push({ channel, queues, everyMs, onlyNew, suppressed, muted }) - 1
}

function isSameDestination(a: Destination, b: Destination): boolean {
  return (
    a.channel === b.channel &&
    a.queues === b.queues &&
    a.everyMs === b.everyMs &&
    a.onlyNew === b.onlyNew &&
    a.suppressed === b.suppressed &&
    a.muted === b.muted
  )
}

export function decodeBatch({ json, bodies }: EncodedBatch): AcceptRequest[] {
  let at = 0
  return (JSON.parse(json) as EncodedRequest[]).map(
    ([now, source, key, dedupWindowMs, bodyBytes, destinations, alerts]) => {
      const body = bodies.subarray(at, at + bodyBytes)
      at += bodyBytes
      return {
        now: new Date(now),
        ...{ source, key, dedupWindowMs, body },
        alerts: alerts.map((alert) => decodeAlert(alert, destinations)),
      }
    },
  )
}

function decodeAlert(encoded: EncodedAlert, destinations: readonly Destination[]): IncomingAlert {
  const destination = destinations[encoded[1]] as Destination
  // One object literal instead of spreads, because this runs for each alert.
  const alert: IncomingAlert = {
    position: encoded[0],
    channel: destination.channel,
    queues: destination.queues,
    fingerprint: encoded[2],
    status: encoded[4] === 1 ? 'resolved' : 'firing',
    level: encoded[5],
    name: encoded[6],
    cluster: encoded[7],
    group: encoded[3] === 0 ? encoded[2] : encoded[3],
    everyMs: destination.everyMs,
    startsAtMs: encoded[8] ?? undefined,
    endsAtMs: encoded[9] ?? undefined,
  }
  if (destination.suppressed !== undefined) alert.suppressed = destination.suppressed
  if (destination.muted === true) alert.muted = true
  if (destination.onlyNew === true) alert.onlyNew = true
  return alert
}
