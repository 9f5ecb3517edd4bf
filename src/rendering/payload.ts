import type { MessageAlert } from '../model/alert.ts'
import { levelOf } from '../model/level.ts'
import type { Variables } from '../model/variables.ts'
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

export interface PayloadOptions {
  /** Longer values are cut, and end with the notice. */
  longest: number
  notice: string
  /** Keeps what is made of an alert, as the lengths of a message that are tried all read it. */
  memo<T>(what: string, told: MessageAlert, make: () => T): T
}

/** Gives the payload of some alerts. */
export function payloadOf(told: readonly MessageAlert[], options: PayloadOptions): Payload {
  const texts = told.map((each) => textsOf(each, options))
  const cut = cutterOf(options)
  const first = told[0]?.alert
  return {
    receiver: first?.variables['receiver'] ?? '',
    status: told.some(({ alert }) => alert.status === 'firing') ? 'firing' : 'resolved',
    alerts: PayloadAlerts.from(told.map((each) => payloadAlert(each, options))) as PayloadAlerts,
    groupLabels: sharedValues(told.map(({ alert }) => alert.groupLabels ?? NONE)),
    // Compared as they came: values that differ only after the cut differ.
    commonLabels: cut(sharedValues(texts.map(({ labels }) => labels))),
    commonAnnotations: cut(sharedValues(texts.map(({ annotations }) => annotations))),
    externalURL: first?.variables['external_url'] ?? '',
  }
}

/**
 * The payload of many alerts that are only counted. Of a group, its examples are read; of its other alerts only its
 * name, cluster and level are known, so nothing else counts as common where there are such alerts.
 */
export function payloadOfCounts(groups: readonly CountGroup[], options: PayloadOptions): Payload {
  const examples = groups.flatMap((group) => group.examples)
  const payload = payloadOf(examples, options)
  const alerts = groups.flatMap((group) => countedAlerts(group, options))
  const isKnown = groups.every(
    ({ firing, resolved, examples }) => examples.length >= firing + resolved,
  )
  const known = (texts: Variables): Variables => (isKnown ? texts : saidByAll(texts, groups))
  return {
    ...payload,
    status: groups.some(({ firing }) => firing > 0) ? 'firing' : 'resolved',
    alerts: PayloadAlerts.from(alerts) as PayloadAlerts,
    groupLabels: known(payload.groupLabels),
    commonLabels: known(payload.commonLabels),
    commonAnnotations: isKnown ? payload.commonAnnotations : NONE,
  }
}

/** Alerts of one group that a payload repeats. */
const MAX_COUNTED = 20_000

/** The examples of each status, then as many others as the group counts, which have only what the group says. */
function countedAlerts(group: CountGroup, options: PayloadOptions): PayloadAlert[] {
  const other = otherAlert(group, options)
  const counted = (count: number, status: PayloadAlert['status']): PayloadAlert[] => {
    const most = Math.min(count, MAX_COUNTED)
    const known = group.examples
      .filter(({ alert }) => alert.status === status)
      .slice(0, most)
      .map((each) => payloadAlert(each, options))
    return [...known, ...Array(most - known.length).fill({ ...other, status })]
  }
  return [...counted(group.firing, 'firing'), ...counted(group.resolved, 'resolved')]
}

function otherAlert(group: CountGroup, options: PayloadOptions): Omit<PayloadAlert, 'status'> {
  const [first] = group.examples
  const said =
    first === undefined
      ? placedIn(group.cluster)
      : saidByAll(textsOf(first, options).labels, [group])
  return {
    labels: cutterOf(options)({ alertname: group.name, ...said }),
    annotations: NONE,
    startsAt: NEVER,
    endsAt: NEVER,
    generatorURL: '',
    fingerprint: '',
  }
}

const placedIn = (cluster: string): Variables => (cluster === '' ? NONE : { cluster })

/** The labels that hold for every alert of some groups, read or not: name, cluster, and a word for the level. */
function saidByAll(labels: Variables, groups: readonly CountGroup[]): Variables {
  const placed = labels['cluster'] === undefined ? 'namespace' : 'cluster'
  const isSaid = (name: string, value: string, group: CountGroup): boolean =>
    (name === 'alertname' && value === group.name) ||
    (name === placed && value === group.cluster) ||
    (name === 'severity' && levelOf(value) === group.level)
  const said: Record<string, string> = Object.create(null)
  for (const [name, value] of Object.entries(labels))
    if (groups.every((group) => isSaid(name, value, group))) said[name] = value
  return said
}

function payloadAlert(told: MessageAlert, options: PayloadOptions): PayloadAlert {
  return options.memo(`payload ${options.longest}`, told, () => {
    const { status, variables, startsAt, endsAt, fingerprint } = told.alert
    const { labels, annotations } = textsOf(told, options)
    const cut = cutterOf(options)
    return {
      status,
      labels: cut(labels),
      annotations: cut(annotations),
      startsAt: startsAt ?? NEVER,
      endsAt: status === 'resolved' ? (endsAt ?? NEVER) : NEVER,
      generatorURL: variables['generator_url'] ?? variables['alarm_url'] ?? '',
      fingerprint,
    }
  })
}

/** An alert's labels and annotations, whole. */
function textsOf(told: MessageAlert, { memo }: PayloadOptions) {
  return memo('payload texts', told, () => {
    const { labels = NONE, annotations = NONE, variables } = told.alert
    return Object.keys(labels).length > 0
      ? { labels, annotations }
      : { labels: named(variables, LABELS), annotations: named(variables, ANNOTATIONS) }
  })
}

function cutterOf({ longest, notice }: PayloadOptions): (texts: Variables) => Variables {
  return (texts) => mapped(texts, (value) => cutTo(value, longest, notice))
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
export function sharedValues(all: readonly Variables[]): Variables {
  const common: Record<string, string> = Object.create(null)
  const [first = NONE, ...others] = all
  for (const [name, value] of Object.entries(first))
    if (others.every((other) => other[name] === value)) common[name] = value
  return common
}
