import type { MessageAlert } from '../model/alert.ts'
import { levelOf } from '../model/level.ts'
import { type Variables, variablesFrom } from '../model/variables.ts'
import type { RenderContext } from './context.ts'
import { MAX_VALUE_LENGTH } from './templates/variables.ts'
import { cutTo } from './text/escape.ts'
import type { CountGroup } from './types.ts'

/** One alert with the field names of Alertmanager's webhook. */
export interface PayloadAlert {
  status: 'firing' | 'resolved'
  labels: Variables
  annotations: Variables
  startsAt: Date
  /** The year 1 while the alert fires, as in Alertmanager's webhook. */
  endsAt: Date
  generatorURL: string
  fingerprint: string
}

/** The alerts of a message in the form of Alertmanager's webhook, as if it had sent exactly these. */
export interface Payload {
  receiver: string
  status: 'firing' | 'resolved'
  alerts: PayloadAlerts
  groupLabels: Variables
  commonLabels: Variables
  commonAnnotations: Variables
  externalURL: string
  /** The mobiles that the channel mentions in every message; as in prometheus-webhook-dingtalk. */
  atMobiles: readonly string[]
}

/** An array of alerts with Alertmanager's filters by status. */
class PayloadAlerts extends Array<PayloadAlert> {
  get firing(): PayloadAlert[] {
    return Array.from(this).filter(({ status }) => status === 'firing')
  }
  get resolved(): PayloadAlert[] {
    return Array.from(this).filter(({ status }) => status === 'resolved')
  }
}

const NEVER = new Date('0001-01-01T00:00:00Z')

/** The payload of the given alerts. Values longer than `longest` are cut, and end with a notice. */
export function payloadOf(
  entries: readonly MessageAlert[],
  context: RenderContext,
  longest = MAX_VALUE_LENGTH,
): Payload {
  const texts = entries.map((each) => textsOf(each, context))
  const cut = cutterOf(context, longest)
  const first = entries[0]?.alert
  return {
    receiver: first?.variables['receiver'] ?? '',
    status: entries.some(({ alert }) => alert.status === 'firing') ? 'firing' : 'resolved',
    alerts: PayloadAlerts.from(
      entries.map((each) => payloadAlert(each, context, longest)),
    ) as PayloadAlerts,
    groupLabels: sharedValues(entries.map(({ alert }) => alert.groupLabels ?? NONE)),
    // Compared before they are cut, because values may differ only beyond the cut.
    commonLabels: cut(sharedValues(texts.map(({ labels }) => labels))),
    commonAnnotations: cut(sharedValues(texts.map(({ annotations }) => annotations))),
    externalURL: first?.variables['external_url'] ?? '',
    atMobiles: context.channel.mention.mobiles,
  }
}

/**
 * The payload of counted alerts. Only the examples of a group have all fields; its other alerts have just its name,
 * cluster and level. With such alerts, only these labels can be common.
 */
export function payloadOfCounts(
  groups: readonly CountGroup[],
  context: RenderContext,
  longest: number,
): Payload {
  const examples = groups.flatMap((group) => group.examples)
  const payload = payloadOf(examples, context, longest)
  const alerts = groups.flatMap((group) => countedAlerts(group, context, longest))
  const isKnown = groups.every(
    ({ firing, resolved, examples }) => examples.length >= firing + resolved,
  )
  const known = (texts: Variables): Variables => (isKnown ? texts : labelsOfAll(texts, groups))
  return {
    ...payload,
    status: groups.some(({ firing }) => firing > 0) ? 'firing' : 'resolved',
    alerts: PayloadAlerts.from(alerts) as PayloadAlerts,
    groupLabels: known(payload.groupLabels),
    commonLabels: known(payload.commonLabels),
    commonAnnotations: isKnown ? payload.commonAnnotations : NONE,
  }
}

/** Maximum number of alerts with one status that a payload has for one group. */
const MAX_COUNTED = 20_000

/** For each status the examples, then alerts with only the group's labels, up to the group's count. */
function countedAlerts(group: CountGroup, context: RenderContext, longest: number): PayloadAlert[] {
  const other = otherAlert(group, context, longest)
  const counted = (count: number, status: PayloadAlert['status']): PayloadAlert[] => {
    const most = Math.min(count, MAX_COUNTED)
    const known = group.examples
      .filter(({ alert }) => alert.status === status)
      .slice(0, most)
      .map((each) => payloadAlert(each, context, longest))
    return [...known, ...Array(most - known.length).fill({ ...other, status })]
  }
  return [...counted(group.firing, 'firing'), ...counted(group.resolved, 'resolved')]
}

function otherAlert(
  group: CountGroup,
  context: RenderContext,
  longest: number,
): Omit<PayloadAlert, 'status'> {
  const [first] = group.examples
  const common =
    first === undefined
      ? clusterLabel(group.cluster)
      : labelsOfAll(textsOf(first, context).labels, [group])
  return {
    labels: cutterOf(context, longest)({ alertname: group.name, ...common }),
    annotations: NONE,
    startsAt: NEVER,
    endsAt: NEVER,
    generatorURL: '',
    fingerprint: '',
  }
}

const clusterLabel = (cluster: string): Variables => (cluster === '' ? NONE : { cluster })

/** The labels that every alert of the groups has, example or not: name, cluster, and a word for the level. */
function labelsOfAll(labels: Variables, groups: readonly CountGroup[]): Variables {
  const placeLabel = labels['cluster'] === undefined ? 'namespace' : 'cluster'
  const isOfGroup = (name: string, value: string, group: CountGroup): boolean =>
    (name === 'alertname' && value === group.name) ||
    (name === placeLabel && value === group.cluster) ||
    (name === 'severity' && levelOf(value) === group.level)
  return variablesFrom(
    Object.entries(labels).filter(([name, value]) =>
      groups.every((group) => isOfGroup(name, value, group)),
    ),
  )
}

function payloadAlert(entry: MessageAlert, context: RenderContext, longest: number): PayloadAlert {
  return context.memo(`payload ${longest}`, entry, () => {
    const { status, variables, startsAt, endsAt, fingerprint } = entry.alert
    const { labels, annotations } = textsOf(entry, context)
    const cut = cutterOf(context, longest)
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

/** An alert's labels and annotations, uncut. */
function textsOf(entry: MessageAlert, context: RenderContext) {
  return context.memo('payload texts', entry, () => {
    const { labels = NONE, annotations = NONE, variables } = entry.alert
    return Object.keys(labels).length > 0
      ? { labels, annotations }
      : { labels: named(variables, LABELS), annotations: named(variables, ANNOTATIONS) }
  })
}

function cutterOf(context: RenderContext, longest: number): (texts: Variables) => Variables {
  const notice = context.word('cut')
  return (texts) => {
    const cut: Record<string, string> = Object.create(null)
    for (const [name, value] of Object.entries(texts)) cut[name] = cutTo(value, longest, notice)
    return cut
  }
}

const NONE: Variables = Object.freeze(Object.create(null))

/** The variables that replace an alert's missing labels and annotations, for those that templates read most. */
const LABELS = {
  alertname: 'alarm_name',
  severity: 'alarm_level',
  cluster: 'ob_cluster',
  instance: 'host_ip',
}
const ANNOTATIONS = { summary: 'alarm_summary', description: 'alarm_description' }

function named(variables: Variables, names: Readonly<Record<string, string>>): Variables {
  return variablesFrom(Object.entries(names).map(([name, from]) => [name, variables[from]]))
}

/** The entries that have the same value in every map of `all`. */
export function sharedValues(all: readonly Variables[]): Variables {
  const common: Record<string, string> = Object.create(null)
  const [first = NONE, ...others] = all
  for (const [name, value] of Object.entries(first))
    if (others.every((other) => other[name] === value)) common[name] = value
  return common
}
