import { AppError, messageOf } from '../../errors.ts'
import type { Alert, Notification } from '../../model/alert.ts'
import { variablesFrom } from '../../model/variables.ts'
import { lazyAlert } from '../lazy.ts'
import type { ReadContext, Source } from '../source.ts'
import { cleanText, digest } from '../text.ts'
import { type Facts, variablesOf } from './map.ts'
import { faultOf, isPayload, isPayloadAlert, type Payload, type PayloadAlert } from './schema.ts'

/** Deeper bodies are hostile; what reads them later might not survive. */
const DEEPEST = 64
const LONGEST_EXCERPT = 500

/** Alertmanager's webhook payload version 4 (0.25 to 0.34); whatever `version` says, `alerts` makes it one. */
export const alertmanager: Source = {
  name: 'alertmanager',
  read: (text, context) => readPayload(parse(text), context),
}

function parse(text: string): Payload {
  if (isTooDeep(text))
    throw new AppError('bad_payload', `the body is nested deeper than ${DEEPEST} levels`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    const why = text.trim() === '' ? 'it is empty' : messageOf(error).slice(0, 200)
    throw new AppError('bad_payload', `the body is no JSON: ${why}`)
  }
  if (!isPayload(value))
    throw new AppError(
      'bad_payload',
      `the body is no Alertmanager payload: ${faultOf(isPayload)}; OCP's bodies go to /ocp/:channel`,
    )
  return value
}

function readPayload(payload: Payload, { receivedAt }: ReadContext): Notification {
  const groupLabels = textsOf(payload.groupLabels)
  const truncated = typeof payload.truncatedAlerts === 'number' ? payload.truncatedAlerts : 0
  const group: Facts['group'] = {
    count: payload.alerts.length + truncated,
    by: Object.entries(groupLabels)
      .map(([name, value]) => `${name}=${value}`)
      .join(':'),
    externalUrl: textOf(payload.externalURL),
    receiver: textOf(payload.receiver),
  }
  const alerts = unrepeated(
    payload.alerts.map((each) =>
      isPayloadAlert(each)
        ? alertOf(each, { receivedAt, group })
        : malformed(each, { why: faultOf(isPayloadAlert), receivedAt }),
    ),
  )
  const identities = alerts
    .map(({ fingerprint, status, startsAt }) =>
      [fingerprint, status, Math.floor((startsAt?.getTime() ?? 0) / 1000)].join(' '),
    )
    .sort()
  return {
    source: 'alertmanager',
    key: digest([textOf(payload.groupKey) ?? '', ...identities]),
    alerts,
  }
}

function alertOf(
  alert: PayloadAlert,
  { receivedAt, group }: { receivedAt: Date; group: Facts['group'] },
): Alert {
  const labels = textsOf(alert.labels)
  const status = alert.status === 'resolved' ? 'resolved' : 'firing'
  const fingerprint = textOf(alert.fingerprint) ?? fingerprintOf(labels)
  const startsAt = instantOf(alert.startsAt)
  const endsAt = status === 'resolved' ? instantOf(alert.endsAt) : undefined
  return lazyAlert(
    {
      source: 'alertmanager',
      status,
      fingerprint,
      levelWord: labels['severity'] ?? labels['serverity'],
      startsAt,
      endsAt,
    },
    () =>
      variablesOf({
        labels,
        annotations: textsOf(alert.annotations),
        status,
        startsAt,
        endsAt,
        generatorUrl: textOf(alert.generatorURL),
        fingerprint,
        receivedAt,
        group,
      }),
  )
}

/** What stands for an alert that cannot be read, so that it is told all the same. */
function malformed(value: unknown, { why, receivedAt }: { why: string; receivedAt: Date }): Alert {
  const excerpt = cleanText((JSON.stringify(value) ?? String(value)).slice(0, LONGEST_EXCERPT))
  return {
    source: 'alertmanager',
    status: 'firing',
    fingerprint: digest(['malformed', excerpt]),
    variables: variablesFrom([
      ['alarm_name', 'Malformed alert'],
      ['alarm_type', 'malformed_alert'],
      ['alarm_summary', `An alert in a payload cannot be read: ${why}`],
      ['alarm_description', excerpt],
      ['alarm_status', 'Active'],
      ['alarm_active_at', `${receivedAt.toISOString().slice(0, 19)}Z`],
    ]),
    levelWord: undefined,
    startsAt: receivedAt,
    endsAt: undefined,
  }
}

/** An alert that stands twice with the same status is one. */
function unrepeated(alerts: readonly Alert[]): Alert[] {
  return [
    ...new Map(alerts.map((alert) => [`${alert.fingerprint} ${alert.status}`, alert])).values(),
  ]
}

function fingerprintOf(labels: Record<string, string>): string {
  return digest(
    Object.entries(labels)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flat(),
  )
}

/** The zero time of Go stands for none; a time that cannot be read is none. */
function instantOf(text: string | undefined): Date | undefined {
  if (text === undefined || text.startsWith('0001-')) return undefined
  const instant = new Date(text)
  return Number.isNaN(instant.getTime()) ? undefined : instant
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? cleanText(value) : undefined
}

/** Values as text, whatever a sender made them; without a prototype, so that every name is only a name. */
function textsOf(values: unknown): Record<string, string> {
  if (typeof values !== 'object' || values === null || Array.isArray(values)) return {}
  const texts: Record<string, string> = Object.create(null)
  for (const [name, value] of Object.entries(values))
    if (value !== null && value !== undefined)
      texts[cleanText(name)] = cleanText(typeof value === 'string' ? value : JSON.stringify(value))
  return texts
}

/** Whether brackets nest too deep, found without building anything. Only deep bodies are looked at closely. */
function isTooDeep(text: string): boolean {
  let depth = 0
  let inString = false
  let slash = text.indexOf('\\')
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i)
    if (inString) {
      if (code === 92) i += 1
      else if (code === 34) inString = false
      else {
        // Strings are most of a body: go to what may end one at once.
        const quote = text.indexOf('"', i)
        if (quote < 0) return false
        if (slash >= 0 && slash < i) slash = text.indexOf('\\', i)
        i = (slash >= 0 && slash < quote ? slash : quote) - 1
      }
    } else if (code === 34) inString = true
    else if (code === 123 || code === 91) {
      depth += 1
      if (depth > DEEPEST) return true
    } else if (code === 125 || code === 93) depth -= 1
  }
  return false
}
