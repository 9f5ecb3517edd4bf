import { AppError } from '../../errors.ts'
import type { Alert, Notification } from '../../model/alert.ts'
import { yieldTurn } from '../../time-slices.ts'
import { stateKeyOf } from '../notification.ts'
import { exceedsComplexity } from '../parsing/complexity-limit.ts'
import { isObject, parsedJson, readJson } from '../parsing/json.ts'
import { decodeUtf8, readLatin1Json } from '../parsing/latin1-json.ts'
import { createDigest, textFrom } from '../parsing/text.ts'
import { isLarge, type ReadContext, type Source } from '../source.ts'
import { alertFrom, malformed, moreMalformed } from './alert.ts'
import { Group } from './group.ts'
import {
  faultOf,
  isPayload,
  isPayloadAlert,
  PAYLOAD_FIELDS,
  type Payload,
  type PayloadAlert,
  routeFor,
} from './schema.ts'
import { storedBody } from './stored-body.ts'

/**
 * Alertmanager's webhook payload version 4 (0.25 to 0.34). Any body with a list `alerts` is read, whatever its
 * `version`.
 */
export const alertmanager: Source = {
  name: 'alertmanager',
  endpoint: { paths: ['/alertmanager/:channel', '/dingtalk/:channel/send'] },
  owns,
  read,
}

function owns(text: string): boolean {
  if (!text.includes('"alerts"')) return false
  const body = parsedJson(text)?.value
  return isPayload(body) && body.alerts.some(isPayloadAlert)
}

/** An Alertmanager alert takes at least 180 bytes and 26 quotes, so the largest payload stays below these limits. */
const BOUNDS = { brackets: 400_000, quotes: 4_000_000 } as const

/**
 * A body of 20 MiB holds this many alerts of 500 bytes, and alerts of rules in use are larger. More would need more
 * memory than the receiver's limit (512 MiB).
 */
const MAX_ALERTS = 40_000

/** Limit on malformed alerts that are delivered one by one; one further alert counts the rest. */
const MAX_MALFORMED = 100

async function read(body: string | Uint8Array, context: ReadContext): Promise<Notification> {
  if (await exceedsComplexity(body, BOUNDS))
    throw new AppError(
      'too_large',
      `the body has more than ${BOUNDS.brackets} objects and lists, or more than ${BOUNDS.quotes} quotes; send fewer alerts at once (Alertmanager: max_alerts)`,
    )
  await yieldTurn()
  const latin1 = typeof body === 'string' ? undefined : latin1Payload(body)
  const payload = latin1 ?? payloadIn(textFrom(body))
  if (payload.alerts.length > MAX_ALERTS)
    throw new AppError(
      'too_large',
      `the body has ${payload.alerts.length} alerts (limit ${MAX_ALERTS}); send fewer at once (Alertmanager: max_alerts)`,
    )
  await yieldTurn()
  const alerts = await alertsOf(payload, {
    context,
    isLatin1: latin1 !== undefined,
    // Only in a large body: counting the fields of each alert adds a tenth to the cost of a small one.
    large: isLarge(body),
  })
  const key = stateKeyOf(alerts)
  return {
    source: 'alertmanager',
    key,
    async contentKey() {
      const content = createDigest()
      content.add(key)
      for (const alert of payload.alerts) {
        // A UTF-8 body may be parsed as Latin-1, one character per byte. Written as Latin-1, it has the body's bytes again.
        content.add(contentOf(alert), latin1 === undefined ? 'utf8' : 'latin1')
        await yieldTurn()
      }
      return content.end()
    },
    ...(payload.notification_reason === ALERTS_ADDED ? { hasOnlyNewAlerts: true } : {}),
    ...storedBody(body, payload),
    alerts,
  }
}

/** Alertmanager's reason for sending a group again because alerts joined it (0.32, notify/notify.go). */
const ALERTS_ADDED = 'new alerts added'

/**
 * Parses a payload before decoding it, at half the cost. Its alerts still need `decodeUtf8`; its other fields are
 * decoded.
 */
function latin1Payload(bytes: Uint8Array): Payload | undefined {
  const read = readLatin1Json(bytes)
  if (read === undefined || !isPayload(read.value)) return undefined
  const { alerts, ...rest } = read.value
  const envelope = Object.fromEntries(PAYLOAD_FIELDS.map((name) => [name, rest[name]]))
  return { ...decodeUtf8(envelope), alerts }
}

function payloadIn(text: string): Payload {
  const body = text.trim()
  if (body === '') throw refused('it is empty')
  const read = readJson(body)
  if (read.kind === 'fault') throw refused(read.problem)
  if (isPayload(read.value)) return read.value
  const route = routeFor(read.value)
  const why =
    isObject(read.value) && route !== undefined
      ? 'it has no "alerts"'
      : faultOf(read.value, 'alerts')
  throw refused(route === undefined ? why : `${why}. ${route}`)
}

function refused(why: string): AppError {
  return new AppError('bad_payload', `the body is not an Alertmanager payload: ${why}`)
}

async function alertsOf(
  payload: Payload,
  { context, isLatin1, large }: { context: ReadContext; isLatin1: boolean; large: boolean },
): Promise<Alert[]> {
  const { receivedAt } = context
  const group = new Group(payload)
  const alerts: Alert[] = []
  let unreadable = 0
  for (const [index, each] of payload.alerts.entries()) {
    const isAlert = isPayloadAlert(each)
    if (isAlert && !(large && hasTooManyFields(each)))
      alerts.push(alertFrom(each, { group, context, isLatin1 }))
    else {
      unreadable += 1
      if (unreadable <= MAX_MALFORMED) {
        const why = isAlert ? TOO_MANY_FIELDS : faultOf(each, 'labels')
        alerts.push(malformed(isLatin1 ? decodeUtf8(each) : each, { why, receivedAt }))
      }
    }
    if (index % CHUNK_SIZE === 0) await yieldTurn()
  }
  if (unreadable > MAX_MALFORMED) alerts.push(moreMalformed(unreadable - MAX_MALFORMED, receivedAt))
  if (new Set(alerts.map(({ fingerprint }) => fingerprint)).size === alerts.length) return alerts
  // Duplicate (status, fingerprint): keep the last.
  return [
    ...new Map(alerts.map((alert) => [`${alert.status} ${alert.fingerprint}`, alert])).values(),
  ]
}

/** Alerts read before yielding to other work. */
const CHUNK_SIZE = 16

/** Limit on the labels, annotations or fields of one alert in a large body. */
const MAX_FIELDS = 1_000
const TOO_MANY_FIELDS = `it has more than ${MAX_FIELDS} labels, annotations or fields`

function hasTooManyFields(alert: PayloadAlert): boolean {
  return [alert, alert.labels, alert.annotations].some((each) => {
    let names = 0
    if (isObject(each))
      for (const _ in each) {
        names += 1
        if (names > MAX_FIELDS) return true
      }
    return false
  })
}

function contentOf(alert: unknown): string {
  return JSON.stringify(isObject(alert) ? [alert['labels'], alert['annotations']] : alert) ?? ''
}
