import { DateTime } from 'luxon'
import type { Alert, SourceName, Status } from '../../../model/alert.ts'
import { type Variables, variablesFrom } from '../../../model/variables.ts'
import { LazyAlert } from '../../lazy-alert.ts'
import type { ReadContext } from '../../source.ts'
import { instantOf } from '../instant.ts'
import { titleOf } from '../prerendered.ts'
import { firstOf } from '../text.ts'
import { firstNonBlank, nonBlank } from './blank-values.ts'
import { durationMs } from './duration.ts'
import { fingerprintOf } from './identity.ts'
import { LEVELS, SAME_THING } from './names.ts'
import { statusOf } from './status.ts'
import { clusterAndId, targetParts } from './target.ts'

type Fields = Readonly<Record<string, string>>

/** Maps OCP's fields to an alert; their values are unchanged. */
export function alertFrom(
  fields: Fields,
  context: ReadContext & { source?: SourceName; retryWindowMs?: number },
): Alert {
  const { source = 'ocp', retryWindowMs } = context
  const resolvedAt = timeIn(fields['alarm_resolved_at'])
  const status = statusOf({
    status: nonBlank(fields['alarm_status']) ?? nonBlank(fields['message_type']),
    resolvedAt,
    texts: [fields['message'], nameOf(fields)],
  })
  const times = timesOf(fields, { status, resolvedAt, timezone: context.timezone })
  return new LazyAlert(
    {
      source,
      status,
      fingerprint: fingerprintOf(fields, context),
      name: nameOf(fields) ?? fields['alarm_type'] ?? '',
      cluster: clusterOf(fields) ?? '',
      levelWord: firstNonBlank(fields, LEVELS),
      ...times,
      ...(retryWindowMs === undefined ? {} : { retryWindowMs }),
    },
    {
      variables: () => variablesOf(fields, { timezone: context.timezone, endsAt: times.endsAt }),
    },
  )
}

/** The text of a time; undefined for a word such as 未恢复. */
function timeIn(value: string | undefined): string | undefined {
  const text = nonBlank(value)
  return text !== undefined && /\p{Nd}/u.test(text) ? text : undefined
}

/** The title replaces a missing name. */
function nameOf(fields: Fields): string | undefined {
  return fields['alarm_name'] ?? titleOf(fields['title'])
}

/** Start and end; a missing one is computed from OCP's duration. */
function timesOf(
  fields: Fields,
  {
    status,
    resolvedAt,
    timezone,
  }: { status: Status; resolvedAt: string | undefined; timezone: string },
): Pick<Alert, 'startsAt' | 'endsAt'> {
  const startsAt = instantOf(nonBlank(fields['alarm_active_at']), timezone)
  if (status === 'firing') return { startsAt, endsAt: undefined }
  const endsAt = instantOf(resolvedAt, timezone)
  const lastedMs = durationMs(nonBlank(fields['alarm_last_interval']))
  if (lastedMs === undefined) return { startsAt, endsAt }
  return {
    startsAt: startsAt ?? (endsAt && new Date(endsAt.getTime() - lastedMs)),
    endsAt: endsAt ?? (startsAt && new Date(startsAt.getTime() + lastedMs)),
  }
}

const TIMES = ['alarm_active_at', 'alarm_resolved_at', 'alarm_updated_at'] as const

/** The fields, with times as ISO 8601, and the cluster, tenant and host that only the target contains. */
function variablesOf(
  fields: Fields,
  { timezone, endsAt }: { timezone: string; endsAt: Date | undefined },
): Variables {
  const parts = targetParts(fields['alarm_target'] ?? '')
  const cluster = clusterAndId(parts['ob_cluster'])
  const variables = variablesFrom([
    ...TIMES.map((name) => [name, isoTime(fields[name], timezone)] as const),
    ...Object.entries(fields),
    ['alarm_name', nameOf(fields)],
    ['alarm_resolved_at', endsAt && inZone(endsAt, timezone)],
    ...SAME_THING.map(([name, ...old]) => [name, firstOf(fields, old)] as const),
    ['ob_cluster', cluster.name],
    ['ob_cluster_id', cluster.id],
    ['ob_tenant', parts['tenant_name']],
    ['host_ip', parts['host'] ?? parts['svr_ip']],
    ...Object.entries(parts),
  ])
  // Templates written for an old OCP need the old name.
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

/** Adds the offset to a time without one; any other text is unchanged. */
function isoTime(text: string | undefined, timezone: string): string | undefined {
  if (text === undefined || /^\d{4}-\d\d-\d\dT.*(?:Z|[+-]\d\d:?\d\d)$/.test(text)) return text
  const instant = instantOf(text, timezone)
  return (instant && inZone(instant, timezone)) ?? text
}

function inZone(instant: Date, timezone: string): string | undefined {
  const time = DateTime.fromJSDate(instant, { zone: timezone })
  return time.toISO({ suppressMilliseconds: true }) ?? undefined
}
