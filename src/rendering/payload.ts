import type { MessageAlert } from '../model/alert.ts'
import type { Variables } from '../model/variables.ts'
import { MAX_VALUE_LENGTH } from './templates/variables.ts'
import { cutTo } from './text/escape.ts'
import type { CountGroup } from './types.ts'

/** One alert under the names that Alertmanager's webhook has for it. */
export interface PayloadAlert {
  status: 'firing' | 'resolved'
  labels: Variables
  annotations: Variables
  startsAt: Date
  /** The year 1 while it fires, as Alertmanager writes it. */
  endsAt: Date
  generatorURL: string
  fingerprint: string
}

/** The alerts of a message under the names of Alertmanager's webhook, as if it had sent just these. */
export interface Payload {
  receiver: string
  status: 'firing' | 'resolved'
  alerts: PayloadAlerts
  groupLabels: Variables
  commonLabels: Variables
  commonAnnotations: Variables
  externalURL: string
}

/** Alerts in their order. */
export class PayloadAlerts extends Array<PayloadAlert> {
  get firing(): PayloadAlert[] {
    return Array.from(this).filter(({ status }) => status === 'firing')
  }
  get resolved(): PayloadAlert[] {
    return Array.from(this).filter(({ status }) => status === 'resolved')
  }
}

const NEVER = new Date('0001-01-01T00:00:00Z')

/** Gives the payload of some alerts; values longer than `longest` are cut, and end with the notice. */
export function payloadOf(
  told: readonly MessageAlert[],
  { longest = MAX_VALUE_LENGTH, notice }: { longest?: number | undefined; notice: string },
): Payload {
  const cut = (texts: Variables): Variables =>
    mapped(texts, (value) => cutTo(value, longest, notice))
  const alerts = told.map((each) => payloadAlert(each, cut))
  const first = told[0]?.alert
  return {
    receiver: first?.variables['receiver'] ?? '',
    status: alerts.some(({ status }) => status === 'firing') ? 'firing' : 'resolved',
    alerts: PayloadAlerts.from(alerts) as PayloadAlerts,
    groupLabels: inCommon(told.map(({ alert }) => alert.groupLabels ?? NONE)),
    commonLabels: inCommon(alerts.map(({ labels }) => labels)),
    commonAnnotations: inCommon(alerts.map(({ annotations }) => annotations)),
    externalURL: first?.variables['external_url'] ?? '',
  }
}

/** The payload of many alerts that are only counted: each is one of its group's examples. */
export function payloadOfCounts(groups: readonly CountGroup[], notice: string): Payload {
  const examples = groups.flatMap(({ examples: [first] }) => (first === undefined ? [] : [first]))
  const payload = payloadOf(examples, { notice })
  const alerts = groups.flatMap(({ firing, resolved, examples: [first] }) => {
    if (first === undefined) return []
    const alert = payloadAlert(first, (texts) => texts)
    const times = (count: number, status: PayloadAlert['status']): PayloadAlert[] =>
      Array(Math.min(count, MAX_COUNTED)).fill({ ...alert, status })
    return [...times(firing, 'firing'), ...times(resolved, 'resolved')]
  })
  const status = alerts.some((each) => each.status === 'firing') ? 'firing' : 'resolved'
  return { ...payload, status, alerts: PayloadAlerts.from(alerts) as PayloadAlerts }
}

/** Alerts of one group that a payload repeats. */
const MAX_COUNTED = 20_000

function payloadAlert({ alert }: MessageAlert, cut: (texts: Variables) => Variables): PayloadAlert {
  const { status, labels, annotations, variables, startsAt, endsAt, fingerprint } = alert
  const isAlertmanager = Object.keys(labels ?? {}).length > 0
  return {
    status,
    labels: cut(isAlertmanager ? (labels ?? NONE) : named(variables, LABELS)),
    annotations: cut(isAlertmanager ? (annotations ?? NONE) : named(variables, ANNOTATIONS)),
    startsAt: startsAt ?? NEVER,
    endsAt: status === 'resolved' ? (endsAt ?? NEVER) : NEVER,
    generatorURL: variables['generator_url'] ?? variables['alarm_url'] ?? '',
    fingerprint,
  }
}

const NONE: Variables = Object.freeze(Object.create(null))

/** What an alert of another sender has for the labels and annotations that templates read most. */
const LABELS = {
  alertname: 'alarm_name',
  severity: 'alarm_level',
  cluster: 'ob_cluster',
  instance: 'host_ip',
}
const ANNOTATIONS = { summary: 'alarm_summary', description: 'alarm_description' }

function named(variables: Variables, names: Readonly<Record<string, string>>): Variables {
  const found: Record<string, string> = Object.create(null)
  for (const [name, from] of Object.entries(names)) {
    const value = variables[from]
    if (value !== undefined) found[name] = value
  }
  return found
}

function mapped(texts: Variables, change: (value: string) => string): Variables {
  const changed: Record<string, string> = Object.create(null)
  for (const [name, value] of Object.entries(texts)) changed[name] = change(value)
  return changed
}

/** The names that have the same value in all. */
function inCommon(all: readonly Variables[]): Variables {
  const common: Record<string, string> = Object.create(null)
  const [first = NONE, ...others] = all
  for (const [name, value] of Object.entries(first))
    if (others.every((other) => other[name] === value)) common[name] = value
  return common
}
