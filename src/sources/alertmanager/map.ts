import { Duration } from 'luxon'
import { type Variables, variablesFrom } from '../../model/variables.ts'

/** What the variables of one alert are made from. */
export interface Facts {
  labels: Record<string, string>
  annotations: Record<string, string>
  status: 'firing' | 'resolved'
  startsAt: Date | undefined
  endsAt: Date | undefined
  generatorUrl: string | undefined
  fingerprint: string
  receivedAt: Date
  group: {
    count: number
    by: string
    externalUrl: string | undefined
    receiver: string | undefined
  }
}

type Found = (facts: Facts) => string | undefined

const label =
  (...names: string[]): Found =>
  ({ labels }) =>
    names.map((name) => labels[name]).find((value) => value !== undefined && value !== '')

const annotation =
  (...names: string[]): Found =>
  ({ annotations }) =>
    names.map((name) => annotations[name]).find((value) => value !== undefined && value !== '')

const first =
  (...found: Found[]): Found =>
  (facts) => {
    for (const each of found) {
      const value = each(facts)
      if (value !== undefined && value !== '') return value
    }
    return undefined
  }

/** Old OCP names of the same things are read as well. */
const CLUSTER = label('ob_cluster_name', 'ob_cluster', 'obregion', 'cluster')
const TENANT = label('ob_tenant', 'tenant_name', 'tenant')
const HOST = label('host_ip', 'svr_ip', 'host', 'instance')

/** OCP's variables, and where an Alertmanager alert has them; the first that is there is taken. */
const OCP_FROM_ALERTMANAGER: Readonly<Record<string, Found>> = {
  alarm_type: first(label('rule_name', 'alertname'), annotation('alarm_type')),
  alarm_name: first(annotation('alarm_name', 'title'), label('alertname', 'rule_name')),
  alarm_level: label('severity', 'serverity'),
  alarm_target: targetOf,
  alarm_scope: first(label('alarm_scope'), scopeOf),
  alarm_summary: annotation('summary', 'message'),
  alarm_description: annotation('description', 'message'),
  alarm_status: ({ status }) => (status === 'firing' ? 'Active' : 'Inactive'),
  alarm_active_at: ({ startsAt }) => startsAt && iso(startsAt),
  alarm_resolved_at: ({ endsAt }) => endsAt && iso(endsAt),
  alarm_updated_at: ({ receivedAt }) => iso(receivedAt),
  alarm_duration: (facts) => lastedSeconds(facts)?.toString(),
  alarm_last_interval: (facts) => {
    const seconds = facts.endsAt === undefined ? undefined : lastedSeconds(facts)
    return seconds === undefined ? undefined : Duration.fromObject({ seconds }).rescale().toISO()
  },
  alarm_id: ({ fingerprint }) => fingerprint,
  alarm_url: first(
    annotation('alarm_url', 'runbook_url'),
    ({ generatorUrl }) => generatorUrl,
    ({ group }) => group.externalUrl,
  ),
  alarm_threshold: annotation('threshold', 'alarm_threshold'),
  value: annotation('value'),
  alarm_count: ({ group }) => String(group.count),
  alarm_group_by: ({ group }) => group.by,
  app_type: first(
    label('app_type'),
    ({ labels }) => (labels['app'] === 'OB' ? 'OceanBase' : labels['app']),
    label('job'),
  ),
  ob_cluster: CLUSTER,
  ob_cluster_id: label('ob_cluster_id'),
  ob_cluster_group: label('ob_cluster_group', 'obregion_group'),
  ob_tenant: TENANT,
  host_ip: HOST,
  svr_ip: HOST,
  service: label('service'),
  app_cluster: label('app_cluster'),
  generator_url: ({ generatorUrl }) => generatorUrl,
  external_url: ({ group }) => group.externalUrl,
  receiver: ({ group }) => group.receiver,
}

/** The flat set that templates read: OCP's names first, then every label and annotation under its own. */
export function variablesOf(facts: Facts): Variables {
  return variablesFrom([
    ...Object.entries(OCP_FROM_ALERTMANAGER).map(([name, find]) => [name, find(facts)] as const),
    ...Object.entries(facts.labels),
    ...Object.entries(facts.annotations),
  ])
}

/** Labels that say what an alert is or how bad, not what it is about. */
const NOT_IDENTIFYING = new Set([
  'alertname',
  'rule_name',
  'rule_type',
  'severity',
  'serverity',
  'instance_type',
  'job',
  'app',
  'app_type',
  'prometheus',
  'monitor',
  'replica',
])

function targetOf(facts: Facts): string | undefined {
  const given = facts.labels['alarm_target']
  if (given !== undefined && given !== '') return given
  const known = [
    ['ob_cluster', CLUSTER(facts)],
    ['tenant_name', TENANT(facts)],
    ['host', HOST(facts)],
  ].flatMap(([name, value]) => (value === undefined ? [] : `${name}=${value}`))
  if (known.length > 0) return known.join(':')
  const rest = Object.entries(facts.labels)
    .filter(([name, value]) => !NOT_IDENTIFYING.has(name) && value !== '')
    .map(([name, value]) => `${name}=${value}`)
  return rest.length > 0 ? rest.join(':') : facts.labels['alertname']
}

const SCOPES: Readonly<Record<string, string>> = {
  obcluster: 'Cluster',
  obtenant: 'Tenant',
  observer: 'Host',
}

function scopeOf(facts: Facts): string | undefined {
  const named = SCOPES[facts.labels['instance_type'] ?? '']
  if (named !== undefined) return named
  if (HOST(facts) !== undefined) return 'Host'
  if (TENANT(facts) !== undefined) return 'Tenant'
  return CLUSTER(facts) === undefined ? undefined : 'Cluster'
}

function lastedSeconds({ startsAt, endsAt, receivedAt }: Facts): number | undefined {
  if (startsAt === undefined) return undefined
  return Math.max(0, Math.round(((endsAt ?? receivedAt).getTime() - startsAt.getTime()) / 1000))
}

function iso(instant: Date): string {
  return `${instant.toISOString().slice(0, 19)}Z`
}
