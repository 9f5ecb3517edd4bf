import { type Alert, MALFORMED_NAME, type Status } from '../../model/alert.ts'
import { type Variables, variablesFrom } from '../../model/variables.ts'
import { LazyAlert } from '../lazy-alert.ts'
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
import { ALERT_FIELDS, type PayloadAlert } from './schema.ts'
import { annotationTexts, textsOf, withLineBreaks } from './texts.ts'

const MAX_EXCERPT_LENGTH = 500

const TAKEN: ReadonlySet<string> = new Set(ALERT_FIELDS)

interface ReadOptions {
  group: Group
  context: ReadContext
  /** The strings of the alert still need `decodeUtf8`. */
  isLatin1: boolean
}

/** Maps one alert; fields of a wrong type are left out. */
export function alertFrom(alert: PayloadAlert, { group, context, isLatin1 }: ReadOptions): Alert {
  const labels = textsIn(alert.labels, FIELDS_READ_ON_ACCEPT.labels)
  const texts = {
    labels,
    annotations: withLineBreaks(textsIn(alert.annotations, FIELDS_READ_ON_ACCEPT.annotations)),
    fields: textsIn(alert, FIELDS_READ_ON_ACCEPT.fields),
    group,
  }
  const name = variableOf('alarm_name', texts) ?? ''
  const cluster = variableOf('ob_cluster', texts) ?? namespaceIn(labels) ?? ''
  const levelWord = levelWordOf(labels)
  const given = textOf(alert.fingerprint)
  if (isLatin1 && ![name, cluster, levelWord ?? '', given ?? ''].every(isAscii))
    return alertFrom(decodeUtf8(alert), { group, context, isLatin1: false })
  const status = statusOf(alert.status ?? group.status)
  const fingerprint =
    shortened(given) ?? fingerprintOf(textsOf(isLatin1 ? decodeUtf8(alert.labels) : alert.labels))
  const { receivedAt, timezone } = context
  const startsAt = instantOf(textOf(alert.startsAt), timezone)
  const endsAt = status === 'resolved' ? instantOf(textOf(alert.endsAt), timezone) : undefined
  return new LazyAlert(
    { source: 'alertmanager', status, fingerprint, name, cluster, levelWord, startsAt, endsAt },
    new PartsOnDemand(
      { alert, isLatin1 },
      { status, startsAt, endsAt, fingerprint, receivedAt, group },
    ),
  )
}

type FactsOnAccept = Omit<Facts, 'labels' | 'annotations' | 'fields' | 'generatorUrl'>

/**
 * Maps the parts of an alert that accepting does not need. It keeps no result, because a large payload has 40,000
 * alerts in memory; LazyAlert keeps the parts that were read.
 */
class PartsOnDemand {
  readonly #facts: FactsOnAccept
  #alert: PayloadAlert
  #isLatin1: boolean

  constructor(read: { alert: PayloadAlert; isLatin1: boolean }, facts: FactsOnAccept) {
    this.#alert = read.alert
    this.#isLatin1 = read.isLatin1
    this.#facts = facts
  }

  labels(): Record<string, string> {
    return textsOf(this.#decoded().labels)
  }

  annotations(): Record<string, string> {
    return annotationTexts(this.#decoded().annotations)
  }

  groupLabels(): Readonly<Record<string, string>> {
    return this.#facts.group.groupLabels
  }

  variables(): Variables {
    return variablesOf(this.#allFacts())
  }

  texts(): Variables | undefined {
    return textsOfAlert(this.#allFacts())
  }

  #decoded(): PayloadAlert {
    if (this.#isLatin1) {
      this.#alert = decodeUtf8(this.#alert)
      this.#isLatin1 = false
    }
    return this.#alert
  }

  #allFacts(): Facts {
    const alert = this.#decoded()
    return {
      ...this.#facts,
      labels: this.labels(),
      annotations: this.annotations(),
      fields: textsOf(alert, TAKEN),
      generatorUrl: textOf(alert.generatorURL),
    }
  }
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
export function moreMalformed(count: number, receivedAt: Date): Alert {
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
      ['alarm_name', MALFORMED_NAME],
      ['alarm_type', 'malformed_alert'],
      ['alarm_status', 'Active'],
      ['alarm_active_at', utcSeconds(receivedAt)],
      ['alarm_description', description],
    ]),
    name: MALFORMED_NAME,
    cluster: '',
    levelWord: undefined,
    // Without a start time, so that a retry of the same payload is recognized.
    startsAt: undefined,
    endsAt: undefined,
  }
}

/** Picks the given names: accepting needs few, and cleaning all values would cost more than parsing them. */
function textsIn(values: unknown, names: readonly string[]): Record<string, string> {
  const texts: Record<string, string> = {}
  if (!isObject(values)) return texts
  for (const name of names) {
    // No name is that of a property of Object.prototype; `hasOwn` would cost as much as the rest.
    const value = values[name]
    const text = value === undefined ? undefined : textOf(value)
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
