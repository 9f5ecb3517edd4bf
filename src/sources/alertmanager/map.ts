import { Duration } from 'luxon'
import type { Status } from '../../model/alert.ts'
import { type Variables, variablesFrom } from '../../model/variables.ts'
import { utcSeconds } from '../parsing/instant.ts'
import { firstOf } from '../parsing/text.ts'
import { measuredValueOf } from './grafana.ts'
import type { Group } from './group.ts'
import { OB_CLUSTERS, type Target, TENANTS, targetOf } from './target/index.ts'

type Texts = Readonly<Record<string, string>>

/** The input for the variables of one alert; none of its texts is empty. */
export interface Facts {
  labels: Texts
  annotations: Texts
  /** Further fields of the alert, such as Grafana's `valueString`. */
  fields: Texts
  status: Status
  startsAt: Date | undefined
  endsAt: Date | undefined
  generatorUrl: string | undefined
  fingerprint: string
  receivedAt: Date
  group: Group
}

/** Facts with the target, which several variables need and which is computed once. */
interface FactsWithTarget extends Facts {
  target: () => Target
}

/** Finds a value in labels and annotations alone, of one alert or of those that a group has in common. */
type TextFinder = (texts: Pick<Facts, 'labels' | 'annotations'>) => string | undefined

type Extractor = (facts: FactsWithTarget) => string | undefined

const label =
  (...names: string[]): TextFinder =>
  ({ labels }) =>
    firstOf(labels, names)

const annotation =
  (...names: string[]): TextFinder =>
  ({ annotations }) =>
    firstOf(annotations, names)

const firstFound =
  <F>(...finders: ((facts: F) => string | undefined)[]) =>
  (facts: F): string | undefined => {
    for (const each of finders) {
      const value = each(facts)
      if (value !== undefined && value !== '') return value
    }
    return undefined
  }

/** Labels that may contain the level, in order of precedence; `serverity` is a misspelling in OBAgent's rules. */
const LEVEL_LABELS = ['severity', 'serverity', 'level', 'alarm_level', 'priority'] as const

const NAMES_OF_CLUSTERS = [...OB_CLUSTERS, 'cluster'] as const
const NAMES_OF_RULES = ['alertname', 'rule_name'] as const

/** The only fields read on accept: they give the level word and the variables alarm_name and ob_cluster. */
export const FIELDS_READ_ON_ACCEPT = {
  labels: [
    ...LEVEL_LABELS,
    ...NAMES_OF_CLUSTERS,
    ...NAMES_OF_RULES,
    'alarm_name',
    'exported_namespace',
    'namespace',
  ],
  annotations: ['title', 'alarm_name', 'ob_cluster'],
  fields: ['alarm_name', 'ob_cluster'],
} as const

const CLUSTER = label(...NAMES_OF_CLUSTERS)
const NAME: TextFinder = firstFound(annotation('title'), label(...NAMES_OF_RULES))
const TENANT = label(...TENANTS)
/** An exporter's address is not the host of the alert. */
const HOST: Extractor = ({ labels, target }) => {
  const name = target().host
  return firstOf(labels, ['svr_ip', 'host_ip', 'host']) ?? (name && labels[name])
}

/** Variables that take precedence over labels and annotations of the same name. */
const STATUS_VARIABLES: Readonly<Record<string, Extractor>> = {
  alarm_level: ({ labels }) => levelWordOf(labels),
  alarm_status: ({ status }) => (status === 'firing' ? 'Active' : 'Inactive'),
  alarm_active_at: ({ startsAt }) => startsAt && utcSeconds(startsAt),
  alarm_resolved_at: ({ endsAt }) => endsAt && utcSeconds(endsAt),
  alarm_updated_at: ({ receivedAt }) => utcSeconds(receivedAt),
  alarm_duration: (facts) => lastedSeconds(facts)?.toString(),
  alarm_last_interval: (facts) => {
    const seconds = facts.endsAt === undefined ? undefined : lastedSeconds(facts)
    return seconds === undefined ? undefined : Duration.fromObject({ seconds }).rescale().toISO()
  },
  alarm_id: ({ fingerprint }) => fingerprint,
  alarm_count: ({ group }) => String(group.count),
  alarm_group_by: ({ group }) => group.by,
}

/**
 * Where an Alertmanager alert has the values of OCP's other variables, if no label or annotation has the variable's
 * name. The first value found is used. OCP's old names are filled as well as its new ones.
 */
const OCP_FROM_ALERTMANAGER: Readonly<Record<string, Extractor>> = {
  alarm_type: label('rule_name', 'alertname'),
  alarm_name: NAME,
  alarm_target: ({ labels, target }) => target().text ?? labels['alertname'],
  alarm_scope: scopeOf,
  alarm_summary: summaryOf,
  alarm_description: descriptionOf,
  alarm_url: firstFound(
    ({ generatorUrl }) => generatorUrl,
    ({ group }) => group.text('externalURL'),
  ),
  value: ({ fields }) => measuredValueOf(fields),
  image_url: ({ fields }) => fields['imageURL'],
  alarm_threshold: annotation('threshold'),
  app_type: firstFound(
    ({ labels }) => (labels['app'] === 'OB' ? 'OceanBase' : labels['app']),
    label('job'),
  ),
  ob_cluster: CLUSTER,
  obregion: label('ob_cluster_name', 'ob_cluster'),
  ob_cluster_group: label('obregion_group'),
  obregion_group: label('ob_cluster_group'),
  ob_tenant: TENANT,
  tenant_name: TENANT,
  host_ip: HOST,
  svr_ip: HOST,
  generator_url: ({ generatorUrl }) => generatorUrl,
  external_url: ({ group }) => group.text('externalURL'),
  receiver: ({ group }) => group.text('receiver'),
  group_key: ({ group }) => group.text('groupKey'),
  notification_reason: ({ group }) => group.text('notification_reason', 'notificationReason'),
  notification_title: ({ group }) => group.text('title'),
  notification_message: ({ group }) => group.text('message'),
  notification_state: ({ group }) => group.text('state'),
  truncated_alerts: ({ group }) => (group.truncated > 0 ? String(group.truncated) : undefined),
}

/**
 * All variables of an alert: OCP's names, and every label, annotation and field under its own name. A name that the
 * alert lacks is filled from what all alerts of the group have in common.
 */
export function variablesOf(facts: Facts): Variables {
  const { labels, annotations, fields, group } = facts
  const full = withTarget(facts)
  const variables = variablesFrom([
    ...valuesIn(STATUS_VARIABLES, full),
    ...Object.entries(labels),
    ...Object.entries(annotations),
    ...valuesIn(OCP_FROM_ALERTMANAGER, full),
    ...Object.entries(fields),
    ...Object.entries(group.labels),
    ...Object.entries(group.annotations),
  ])
  const common = commonFacts(facts)
  for (const name in OCP_FROM_ALERTMANAGER) {
    const value = variables[name] === undefined ? OCP_FROM_ALERTMANAGER[name]?.(common) : undefined
    if (value !== undefined && value !== '') variables[name] = value
  }
  const message = hasText(facts) ? undefined : group.text('message')
  if (message !== undefined) variables['alarm_description'] ??= message
  return variables
}

/** The variables that accepting needs. */
const READ_ON_ACCEPT = { alarm_name: NAME, ob_cluster: CLUSTER } as const

/** Computes one of the variables that accepting needs, at a fraction of the cost; equals `variablesOf(facts)[name]`. */
export function variableOf(
  name: keyof typeof READ_ON_ACCEPT,
  facts: Pick<Facts, 'labels' | 'annotations' | 'fields' | 'group'>,
): string | undefined {
  const { labels, annotations, fields, group } = facts
  const find = READ_ON_ACCEPT[name]
  return (
    labels[name] ??
    annotations[name] ??
    find(facts) ??
    fields[name] ??
    group.labels[name] ??
    group.annotations[name] ??
    find(group)
  )
}

/** Annotations with other names, for an alert without summary and description; undefined for any other alert. */
export function textsOfAlert(facts: Facts): Variables | undefined {
  if (hasText(facts)) return undefined
  const names = Object.keys(facts.annotations).filter((name) => !NO_TEXT.test(name))
  return variablesFrom(names.sort(byImportance).map((name) => [name, facts.annotations[name]]))
}

/** Annotations that are not text: addresses, Grafana's internal values, and those that a message shows elsewhere. */
const NO_TEXT =
  /(?:url|link|dashboard|runbook|image|uid|token)$|^(?:__|title$|alarm_name$|alarm_type$|alarm_target$|threshold$)/i

/** Names of the most informative annotations, which come first. */
const INFORMATIVE = [
  'detail',
  'details',
  'content',
  'text',
  'info',
  '描述',
  '详情',
  '详细',
  '内容',
  '說明',
  '说明',
]

function byImportance(a: string, b: string): number {
  const rank = (name: string) => INFORMATIVE.indexOf(name.toLowerCase()) + 1 || 100
  return rank(a) - rank(b) || (a < b ? -1 : 1)
}

function hasText({ annotations, group }: Facts): boolean {
  return (
    firstOf(annotations, TEXT_ANNOTATIONS) !== undefined ||
    firstOf(group.annotations, TEXT_ANNOTATIONS) !== undefined
  )
}

const TEXT_ANNOTATIONS = [
  'summary',
  'description',
  'message',
  'alarm_summary',
  'alarm_description',
] as const

function summaryOf({ annotations }: Facts): string | undefined {
  return firstOf(annotations, ['summary', 'message'])
}

/** Undefined where it equals the summary, so that a message does not repeat it. */
function descriptionOf(facts: Facts): string | undefined {
  const text = firstOf(facts.annotations, ['description', 'message'])
  return text?.trim() === summaryOf(facts)?.trim() ? undefined : text
}

function withTarget(facts: Facts): FactsWithTarget {
  let target: Target | undefined
  return {
    ...facts,
    target: () => {
      target ??= targetOf(facts.labels, facts.annotations)
      return target
    },
  }
}

/** Reduces facts to what all alerts of the group have in common; that names no target. */
function commonFacts(facts: Facts): FactsWithTarget {
  const { labels, annotations } = facts.group
  const target = () => NO_TARGET
  return { ...facts, labels, annotations, fields: NO_TEXTS, generatorUrl: undefined, target }
}

const NO_TARGET: Target = { text: undefined, host: undefined }

const NO_TEXTS: Texts = Object.freeze(Object.create(null))

/** The word that an alert uses for its level. */
export function levelWordOf(labels: Texts): string | undefined {
  for (const name of LEVEL_LABELS) {
    const word = labels[name]
    if (word !== undefined && word.trim() !== '') return word
  }
  return undefined
}

function valuesIn(
  table: Readonly<Record<string, Extractor>>,
  facts: FactsWithTarget,
): (readonly [string, string | undefined])[] {
  return Object.entries(table).map(([name, find]) => [name, find(facts)] as const)
}

const SCOPES: ReadonlyMap<string | undefined, string> = new Map([
  ['obcluster', 'Cluster'],
  ['obtenant', 'Tenant'],
  ['observer', 'Host'],
])

/** The scope by the label `instance_type`, else by the most specific label. */
function scopeOf(facts: FactsWithTarget): string | undefined {
  const named = SCOPES.get(facts.labels['instance_type'])
  if (named !== undefined) return named
  if (HOST(facts) !== undefined) return 'Host'
  if (TENANT(facts) !== undefined) return 'Tenant'
  return CLUSTER(facts) === undefined ? undefined : 'Cluster'
}

function lastedSeconds({ startsAt, endsAt, receivedAt }: Facts): number | undefined {
  if (startsAt === undefined) return undefined
  return Math.max(0, Math.round(((endsAt ?? receivedAt).getTime() - startsAt.getTime()) / 1000))
}
