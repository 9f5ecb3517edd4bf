import type { Alert, Status } from '../../model/alert.ts'
import { variablesFrom } from '../../model/variables.ts'
import { lazyAlert } from '../lazy-alert.ts'
import { instantOf, utcSeconds } from '../parsing/instant.ts'
import { isObject } from '../parsing/json.ts'
import { decodeUtf8, isAscii } from '../parsing/latin1-json.ts'
import { cleanText, digest, textOf } from '../parsing/text.ts'
import type { ReadContext } from '../source.ts'
import type { Group } from './group.ts'
import {
  type Facts,
  FIELDS_READ_ON_ACCEPT,
  levelWordOf,
  textsOfAlert,
  variableOf,
  variablesOf,
} from './map.ts'
import type { PayloadAlert } from './schema.ts'
import { annotationTexts, textsOf, withLineBreaks } from './texts.ts'

const MAX_EXCERPT_LENGTH = 500

/** Fields of an alert that become variables under another name. */
const TAKEN = new Set([
  'labels',
  'annotations',
  'status',
  'startsAt',
  'endsAt',
  'fingerprint',
  'generatorURL',
])

/** Maps one alert; fields of a wrong type are left out. `isLatin1`: its strings still need `decodeUtf8`. */
export function alertFrom(
  alert: PayloadAlert,
  { group, context, isLatin1 }: { group: Group; context: ReadContext; isLatin1: boolean },
): Alert {
  let decodedAlert: PayloadAlert | undefined
  const decoded = (): PayloadAlert => {
    decodedAlert ??= isLatin1 ? decodeUtf8(alert) : alert
    return decodedAlert
  }
  const labels = textsIn(alert.labels, FIELDS_READ_ON_ACCEPT.labels)
  const status = statusOf(alert.status ?? group.status)
  const instant = (value: unknown) => instantOf(textOf(value), context.timezone)
  const fingerprint =
    shortened(textOf(alert.fingerprint)) ?? fingerprintOf(textsOf(decoded().labels))
  const startsAt = instant(alert.startsAt)
  const endsAt = status === 'resolved' ? instant(alert.endsAt) : undefined
  // Computed on demand and not cached: a large payload keeps 40,000 alerts in memory while it is read.
  const factsFrom = (texts: Pick<Facts, 'labels' | 'annotations' | 'fields' | 'generatorUrl'>) => ({
    ...texts,
    status,
    startsAt,
    endsAt,
    fingerprint,
    receivedAt: context.receivedAt,
    group,
  })
  const facts = factsFrom({
    labels,
    annotations: withLineBreaks(textsIn(alert.annotations, FIELDS_READ_ON_ACCEPT.annotations)),
    fields: textsIn(alert, FIELDS_READ_ON_ACCEPT.fields),
    generatorUrl: undefined,
  })
  const allFacts = () =>
    factsFrom({
      labels: textsOf(decoded().labels),
      annotations: annotationTexts(decoded().annotations),
      fields: textsOf(decoded(), TAKEN),
      generatorUrl: textOf(decoded().generatorURL),
    })
  const name = variableOf('alarm_name', facts) ?? ''
  const cluster = variableOf('ob_cluster', facts) ?? namespaceIn(labels) ?? ''
  const levelWord = levelWordOf(labels)
  if (isLatin1 && ![fingerprint, name, cluster, levelWord ?? ''].every(isAscii))
    return alertFrom(decoded(), { group, context, isLatin1: false })
  return lazyAlert(
    { source: 'alertmanager', status, fingerprint, name, cluster, levelWord, startsAt, endsAt },
    {
      labels: () => textsOf(decoded().labels),
      annotations: () => annotationTexts(decoded().annotations),
      groupLabels: () => group.groupLabels,
      variables: () => variablesOf(allFacts()),
      texts: () => textsOfAlert(allFacts()),
    },
  )
}

/** The namespace of the scraped target takes precedence over the exporter's. */
function namespaceIn(labels: Readonly<Record<string, string>>): string | undefined {
  return labels['exported_namespace'] ?? labels['namespace']
}

/** The alert that is delivered in place of a malformed one. */
export function malformed(
  value: unknown,
  { why, receivedAt }: { why: string; receivedAt: Date },
): Alert {
  const text = JSON.stringify(value)
  return malformedAlert(text, {
    description: `An alert in a payload cannot be read (${why}): ${cleanText(text.slice(0, MAX_EXCERPT_LENGTH))}`,
    receivedAt,
  })
}

/** One alert for all further malformed ones, because one alert for each would be a storm without content. */
export function moreMalformed(count: number, { receivedAt }: { receivedAt: Date }): Alert {
  const description = `${count} more alerts in the same payload cannot be read.`
  return malformedAlert(description, { description, receivedAt })
}

function malformedAlert(
  identity: string,
  { description, receivedAt }: { description: string; receivedAt: Date },
): Alert {
  return {
    source: 'alertmanager',
    status: 'firing',
    fingerprint: digest(['malformed', identity]),
    variables: variablesFrom([
      ['alarm_name', 'Malformed alert'],
      ['alarm_type', 'malformed_alert'],
      ['alarm_status', 'Active'],
      ['alarm_active_at', utcSeconds(receivedAt)],
      ['alarm_description', description],
    ]),
    name: 'Malformed alert',
    cluster: '',
    levelWord: undefined,
    // Without a start time, so that a retry of the same payload is recognised.
    startsAt: undefined,
    endsAt: undefined,
  }
}

/** Picks the given names: accepting needs few, and cleaning all values would cost more than parsing them. */
function textsIn(values: unknown, names: readonly string[]): Record<string, string> {
  const texts: Record<string, string> = {}
  if (!isObject(values)) return texts
  for (const name of names) {
    const text = Object.hasOwn(values, name) ? textOf(values[name]) : undefined
    if (text !== undefined) texts[name] = text
  }
  return texts
}

function statusOf(value: unknown): Status {
  return textOf(value)?.toLowerCase() === 'resolved' ? 'resolved' : 'firing'
}

/**
 * Alertmanager's fingerprints have 16 hex digits. One of megabytes would be stored and read with each waiting alert.
 */
const MAX_FINGERPRINT_LENGTH = 200

function shortened(fingerprint: string | undefined): string | undefined {
  if (fingerprint === undefined || fingerprint.length <= MAX_FINGERPRINT_LENGTH) return fingerprint
  return digest([fingerprint])
}

function fingerprintOf(labels: Record<string, string>): string {
  return digest(
    Object.entries(labels)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flat(),
  )
}
