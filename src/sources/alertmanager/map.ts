import { Duration } from 'luxon'
import type { Status } from '../../model/alert.ts'
import { type Variables, variablesFrom } from '../../model/variables.ts'
import { utcSeconds } from '../parsing/instant.ts'

type Texts = Readonly<Record<string, string>>

/** What the variables of one alert are made from; no text in it is empty. */
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
  group: GroupFacts
}

/** What the envelope says of all its alerts. */
export interface GroupFacts {
  status: unknown
  /** Alerts in the group, with those that Alertmanager left out of the payload. */
  count: number
  by: string
  externalUrl: string | undefined
  receiver: string | undefined
  groupKey: string | undefined
}

type Extractor = (facts: Facts) => string | undefined

const firstOf = (texts: Texts, names: readonly string[]): string | undefined => {
  for (const name of names) {
    const value = texts[name]
    if (value !== undefined) return value
  }
  return undefined
}

const label =
  (...names: string[]): Extractor =>
  ({ labels }) =>
    firstOf(labels, names)

const annotation =
  (...names: string[]): Extractor =>
  ({ annotations }) =>
    firstOf(annotations, names)

const first =
  (...found: Extractor[]): Extractor =>
  (facts) => {
    for (const each of found) {
      const value = each(facts)
      if (value !== undefined && value !== '') return value
    }
    return undefined
  }

/** `serverity` is how OBAgent's rules spell it. */
const LEVEL_LABELS = ['severity', 'serverity', 'alarm_level'] as const

const NAMES_OF_CLUSTERS = ['ob_cluster_name', 'ob_cluster', 'obregion', 'cluster'] as const
const NAMES_OF_RULES = ['alertname', 'rule_name'] as const

/** All that is read of each alert that is accepted: its level word, and the variables alarm_name and ob_cluster. */
export const FIELDS_READ_ON_ACCEPT = {
  labels: [...LEVEL_LABELS, ...NAMES_OF_CLUSTERS, ...NAMES_OF_RULES, 'alarm_name'],
  annotations: ['title', 'alarm_name', 'ob_cluster'],
  fields: ['alarm_name', 'ob_cluster'],
} as const

const CLUSTER = label(...NAMES_OF_CLUSTERS)
const TENANT = label('tenant_name', 'ob_tenant', 'tenant')
const HOST = label('svr_ip', 'host_ip', 'host', 'instance')

/** What an alert's state and its payload alone decide. */
const STATUS_VARIABLES: Readonly<Record<string, Extractor>> = {
  alarm_level: label(...LEVEL_LABELS),
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
 * OCP's other variables, and where an alert of Alertmanager has them when no label or annotation bears the name; the
 * first that is there is taken. Old OCP names of the same things can be read as well as the new ones.
 */
const OCP_FROM_ALERTMANAGER: Readonly<Record<string, Extractor>> = {
  alarm_type: label('rule_name', 'alertname'),
  alarm_name: first(annotation('title'), label(...NAMES_OF_RULES)),
  alarm_target: targetOf,
  alarm_scope: scopeOf,
  alarm_summary: annotation('summary', 'message'),
  alarm_description: annotation('description', 'message'),
  alarm_url: first(
    annotation('runbook_url'),
    ({ generatorUrl }) => generatorUrl,
    ({ group }) => group.externalUrl,
  ),
  alarm_threshold: annotation('threshold'),
  app_type: first(
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
  external_url: ({ group }) => group.externalUrl,
  receiver: ({ group }) => group.receiver,
  group_key: ({ group }) => group.groupKey,
}

/** The flat set that templates read: OCP's names, and every label, annotation and field under its own. */
export function variablesOf(facts: Facts): Variables {
  return variablesFrom([
    ...found(STATUS_VARIABLES, facts),
    ...Object.entries(facts.labels),
    ...Object.entries(facts.annotations),
    ...found(OCP_FROM_ALERTMANAGER, facts),
    ...Object.entries(facts.fields),
  ])
}

/** One of the variables, at the cost of that one; it is what `variablesOf` has under its name. */
export function variableOf(name: string, facts: Facts): string | undefined {
  const { labels, annotations, fields } = facts
  return (
    STATUS_VARIABLES[name]?.(facts) ??
    labels[name] ??
    annotations[name] ??
    OCP_FROM_ALERTMANAGER[name]?.(facts) ??
    fields[name]
  )
}

/** The word that an alert uses for its level. */
export function levelWordOf(labels: Texts): string | undefined {
  return firstOf(labels, LEVEL_LABELS)
}

function found(
  table: Readonly<Record<string, Extractor>>,
  facts: Facts,
): (readonly [string, string | undefined])[] {
  return Object.entries(table).map(([name, find]) => [name, find(facts)] as const)
}

/** Labels that say what an alert is or how bad, not what it is about. */
const NOT_IDENTIFYING = new Set([
  ...LEVEL_LABELS,
  'alertname',
  'rule_name',
  'rule_type',
  'instance_type',
  'job',
  'app',
  'app_type',
  'prometheus',
  'monitor',
  'replica',
])

/** As OCP writes one: `key=value` joined by colons, the cluster with its id, from the cluster down to the host. */
function targetOf(facts: Facts): string | undefined {
  const cluster = CLUSTER(facts)
  const id = facts.labels['ob_cluster_id']
  const known = [
    ['ob_cluster', cluster !== undefined && id !== undefined ? `${cluster}-${id}` : cluster],
    ['tenant_name', TENANT(facts)],
    ['host', HOST(facts)],
  ].filter(([, value]) => value !== undefined)
  const rest = Object.entries(facts.labels).filter(([name]) => !NOT_IDENTIFYING.has(name))
  const pairs = known.length > 0 ? known : rest
  return pairs.length > 0
    ? pairs.map(([name, value]) => `${name}=${value}`).join(':')
    : facts.labels['alertname']
}

const SCOPES: ReadonlyMap<string | undefined, string> = new Map([
  ['obcluster', 'Cluster'],
  ['obtenant', 'Tenant'],
  ['observer', 'Host'],
])

/** By the rule's own word, else by the most specific label. */
function scopeOf(facts: Facts): string | undefined {
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
