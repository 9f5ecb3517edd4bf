import { DateTime } from 'luxon'
import type { Alert } from '../../model/alert.ts'
import { type Variables, variablesFrom } from '../../model/variables.ts'
import { instantOf } from '../instant.ts'
import { lazyAlert } from '../lazy.ts'
import type { ReadContext } from '../source.ts'
import { digest } from '../text.ts'
import { SAME_THING } from './names.ts'
import { statusOf } from './status.ts'
import { clusterAndId, targetParts } from './target.ts'

type Fields = Readonly<Record<string, string>>

/** An alert from OCP's fields; what they hold is kept as it came. */
export function alertFrom(fields: Fields, context: ReadContext): Alert {
  const resolvedAt = meant(fields['alarm_resolved_at'])
  const status = statusOf({
    status: meant(fields['alarm_status']),
    resolvedAt,
    texts: [fields['message'], fields['alarm_name']],
  })
  return lazyAlert(
    {
      source: 'ocp',
      status,
      fingerprint: fingerprintOf(fields),
      name: fields['alarm_name'] ?? fields['alarm_type'] ?? '',
      cluster: clusterOf(fields) ?? '',
      levelWord: meant(fields['alarm_level']),
      startsAt: instantOf(meant(fields['alarm_active_at']), context.timezone),
      endsAt: status === 'resolved' ? instantOf(resolvedAt, context.timezone) : undefined,
    },
    () => variablesOf(fields, context),
  )
}

/** What stands for nothing, and a placeholder that OCP left unresolved, count as absent. */
const NOTHING = /^(?:|-+|0|null|nil|none|n\/a|undefined|0001-01-01.{0,30}|\$\{[\w.-]{1,80}\})$/i

function meant(value: string | undefined): string | undefined {
  const text = value?.trim()
  return text === undefined || NOTHING.test(text) ? undefined : text
}

/** What moves while an alert stays the same one. */
const MOVING: ReadonlySet<string> = new Set([
  'alarm_status',
  'alarm_updated_at',
  'alarm_resolved_at',
  'alarm_duration',
  'alarm_last_interval',
  'value',
  'value_shown',
  'value_en_us',
  'value_zh_cn',
  'value_zh_tw',
])

/** Rule and target; without both the alert's number; without that all that was said and stays. */
function fingerprintOf(fields: Fields): string {
  const [type, target, id] = ['alarm_type', 'alarm_target', 'alarm_id'].map((name) =>
    meant(fields[name]),
  )
  if (type !== undefined || target !== undefined) return digest([type ?? '', target ?? ''])
  if (id !== undefined) return digest(['id', id])
  const said = Object.entries(fields).filter(([name]) => !MOVING.has(name))
  return digest(['said', ...said.sort(([a], [b]) => (a < b ? -1 : 1)).flat()])
}

const TIMES = ['alarm_active_at', 'alarm_resolved_at', 'alarm_updated_at'] as const

/** The fields, times as ISO 8601, and what only the target tells of cluster, tenant and host. */
function variablesOf(fields: Fields, { timezone }: ReadContext): Variables {
  const parts = targetParts(fields['alarm_target'] ?? '')
  const cluster = clusterAndId(parts['ob_cluster'])
  const variables = variablesFrom([
    ...TIMES.map((name) => [name, isoTime(fields[name], timezone)] as const),
    ...Object.entries(fields),
    ['alarm_description', fields['message']],
    ...SAME_THING.map(([name, ...old]) => [name, firstOf(fields, old)] as const),
    ['ob_cluster', cluster.name],
    ['ob_cluster_id', cluster.id],
    ['ob_tenant', parts['tenant_name']],
    ['host_ip', parts['host'] ?? parts['svr_ip']],
    ...Object.entries(parts),
  ])
  // Templates written for an old OCP find the old name too.
  for (const [name, old] of SAME_THING) {
    const value = variables[name]
    if (value !== undefined) variables[old] ??= value
  }
  return variables
}

function clusterOf(fields: Fields): string | undefined {
  return (
    firstOf(fields, SAME_THING[0] ?? []) ??
    clusterAndId(targetParts(fields['alarm_target'] ?? '')['ob_cluster']).name
  )
}

function firstOf(fields: Fields, names: readonly string[]): string | undefined {
  return names.map((name) => fields[name]).find((value) => value !== undefined)
}

/** With its offset where it had none; what is no time stays as it is. */
function isoTime(text: string | undefined, timezone: string): string | undefined {
  if (text === undefined || /^\d{4}-\d\d-\d\dT.*(?:Z|[+-]\d\d:?\d\d)$/.test(text)) return text
  const instant = instantOf(text, timezone)
  if (instant === undefined) return text
  const time = DateTime.fromJSDate(instant, { zone: timezone })
  return time.toISO({ suppressMilliseconds: true }) ?? text
}
