import { AppError } from '../../errors.ts'
import type { Alert, Notification } from '../../model/alert.ts'
import { isObject, readJson } from '../json.ts'
import { readNarrow, widened } from '../narrow.ts'
import type { ReadContext, Source } from '../source.ts'
import { digest, textFrom, textOf } from '../text.ts'
import { alertFrom, malformed, textsOf } from './alert.ts'
import type { GroupFacts } from './map.ts'
import { faultOf, isPayload, isPayloadAlert, type Payload } from './schema.ts'

/** Alertmanager's webhook payload version 4 (0.25 to 0.34); whatever `version` says, `alerts` makes it one. */
export const alertmanager: Source = {
  name: 'alertmanager',
  read(body, context): Notification {
    const narrow = typeof body === 'string' ? undefined : narrowPayload(body)
    const payload = narrow ?? payloadIn(textFrom(body))
    const alerts = alertsOf(payload, { context, narrow: narrow !== undefined })
    const key = keyOf(payload, alerts)
    const said = (alert: unknown) => saidBy(narrow === undefined ? alert : widened(alert))
    return {
      source: 'alertmanager',
      key,
      exactKey: () => digest([key, ...payload.alerts.map(said)]),
      dated: alerts.every(({ startsAt }) => startsAt !== undefined),
      alerts,
    }
  },
}

/** What can be read at half the cost; its alerts are still to be widened, the rest is as it was sent. */
function narrowPayload(bytes: Uint8Array): Payload | undefined {
  const read = readNarrow(bytes)
  if (read === undefined || !isPayload(read.value)) return undefined
  const { alerts, status, groupKey, groupLabels, receiver, externalURL, truncatedAlerts } =
    read.value
  const envelope = { status, groupKey, groupLabels, receiver, externalURL, truncatedAlerts }
  return { ...widened(envelope), alerts }
}

function payloadIn(text: string): Payload {
  const body = text.trim()
  if (body === '') throw refused('it is empty')
  const read = readJson(body)
  if (read.kind === 'fault') throw refused(read.words)
  if (isPayload(read.value)) return read.value
  const fault = faultOf(read.value, 'alerts')
  throw refused(
    isObject(read.value) && !Object.hasOwn(read.value, 'alerts')
      ? 'it has no "alerts". This address takes Alertmanager payloads; OCP\'s go to /ocp/:channel'
      : fault,
  )
}

function refused(why: string): AppError {
  return new AppError('bad_payload', `the body is no Alertmanager payload: ${why}`)
}

function alertsOf(
  payload: Payload,
  { context, narrow }: { context: ReadContext; narrow: boolean },
): Alert[] {
  const group = groupOf(payload)
  const alerts = payload.alerts.map((each) =>
    isPayloadAlert(each)
      ? alertFrom(each, { group, context, narrow })
      : malformed(narrow ? widened(each) : each, {
          why: faultOf(each, 'labels'),
          receivedAt: context.receivedAt,
        }),
  )
  if (alerts.length === 1) return alerts
  // An alert that stands twice with the same status is one, as it was said last.
  return [
    ...new Map(alerts.map((alert) => [`${alert.status} ${alert.fingerprint}`, alert])).values(),
  ]
}

function groupOf(payload: Payload): GroupFacts {
  const truncated = Number(payload.truncatedAlerts ?? 0)
  return {
    status: payload.status,
    count: payload.alerts.length + (truncated > 0 ? Math.floor(truncated) : 0),
    by: Object.entries(textsOf(payload.groupLabels))
      .map(([name, value]) => `${name}=${value}`)
      .join(':'),
    externalUrl: textOf(payload.externalURL),
    receiver: textOf(payload.receiver),
    groupKey: textOf(payload.groupKey),
  }
}

function saidBy(alert: unknown): string {
  return JSON.stringify(isObject(alert) ? [alert['labels'], alert['annotations']] : alert) ?? ''
}

/**
 * Which alerts in which state, and of which group; a retry and a high-availability peer's copy differ in other fields.
 * The instant, to the second, tells an alert that fired again from its first firing.
 */
function keyOf(payload: Payload, alerts: readonly Alert[]): string {
  const states = alerts.map(({ fingerprint, status, startsAt }) =>
    [fingerprint, status, Math.floor((startsAt?.getTime() ?? 0) / 1000)].join('\0'),
  )
  return digest([textOf(payload.groupKey) ?? '', ...states.sort()])
}
