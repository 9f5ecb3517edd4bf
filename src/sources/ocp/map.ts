import { DateTime } from 'luxon'
import type { Alert, Status } from '../../model/alert.ts'
import { type Variables, variablesFrom } from '../../model/variables.ts'
import { lazyAlert } from '../lazy.ts'
import type { ReadContext } from '../source.ts'
import { digest } from '../text.ts'

const RESOLVED =
  /^(inactive|resolved|restored|recovered|cleared|expired|ok|normal|已消除|已恢复|已恢復|已解除|已过期|已過期|恢复|恢復)$/i
const FIRING = /^(active|firing|alerting|告警中|警示中|触发|觸發)$/i

/** How OCP's default recovery templates begin, of all versions and languages. */
const RECOVERY_TITLE =
  /^\W{0,20}(?:\[?Alarm Recover(?:y)? Notification|【?\s*(?:OCP\s*)?(?:告警|警示)恢[复復]通知)/i

/** An alert from OCP's fields. Identity is rule and target, then the alert's number, then its text. */
export function alertFrom(fields: Readonly<Record<string, string>>, context: ReadContext): Alert {
  const known = (name: string): string | undefined => meant(fields[name], name)
  const resolvedAt = known('alarm_resolved_at')
  const status = statusOf(fields, { status: known('alarm_status'), resolvedAt })
  return lazyAlert(
    {
      source: 'ocp',
      status,
      fingerprint: fingerprintOf({
        type: known('alarm_type'),
        target: known('alarm_target'),
        id: known('alarm_id'),
        fields,
      }),
      levelWord: known('alarm_level'),
      startsAt: instantOf(known('alarm_active_at'), context),
      endsAt: status === 'resolved' ? instantOf(resolvedAt, context) : undefined,
    },
    () => variablesOf(fields),
  )
}

/** A placeholder that OCP left unresolved, and what stands for nothing, count as absent. */
function meant(value: string | undefined, name: string): string | undefined {
  const text = value?.trim()
  if (text === undefined || text === '' || text === '-' || text === 'null' || text === 'None')
    return undefined
  return text === `\${${name}}` ? undefined : text
}

function statusOf(
  fields: Readonly<Record<string, string>>,
  { status, resolvedAt }: { status: string | undefined; resolvedAt: string | undefined },
): Status {
  if (status !== undefined && RESOLVED.test(status)) return 'resolved'
  if (status !== undefined && FIRING.test(status)) return 'firing'
  if (resolvedAt !== undefined) return 'resolved'
  return RECOVERY_TITLE.test(fields['message'] ?? fields['text'] ?? '') ? 'resolved' : 'firing'
}

function fingerprintOf({
  type,
  target,
  id,
  fields,
}: {
  type: string | undefined
  target: string | undefined
  id: string | undefined
  fields: Readonly<Record<string, string>>
}): string {
  if (type !== undefined || target !== undefined) return digest([type ?? '', target ?? ''])
  if (id !== undefined) return digest(['id', id])
  return digest(['text', fields['message'] ?? JSON.stringify(fields)])
}

/** ISO 8601 or SQL, with or without an offset, then in the zone of the configuration. */
function instantOf(text: string | undefined, { timezone }: ReadContext): Date | undefined {
  if (text === undefined) return undefined
  const zone = { zone: timezone }
  const iso = DateTime.fromISO(text, zone)
  const read = iso.isValid ? iso : DateTime.fromSQL(text, zone)
  return read.isValid ? read.toJSDate() : undefined
}

function variablesOf(fields: Readonly<Record<string, string>>): Variables {
  const parts = targetParts(fields['alarm_target'] ?? '')
  const cluster = /^(.*)-(\d+)$/s.exec(parts['ob_cluster'] ?? '')
  return variablesFrom([
    ...Object.entries(fields),
    ['alarm_description', fields['message']],
    ['ob_cluster', cluster?.[1] ?? parts['ob_cluster']],
    ['ob_cluster_id', cluster?.[2]],
    ['ob_tenant', parts['tenant_name'] ?? parts['ob_tenant']],
    ['host_ip', parts['host'] ?? parts['svr_ip']],
    ['svr_ip', fields['host_ip'] ?? parts['svr_ip'] ?? parts['host']],
    ...Object.entries(parts),
  ])
}

/**
 * The pairs of an alert target, `key=value` joined by colons. A colon separates only where a key and `=` follow, and
 * never within braces or quotes, since values hold addresses and structures of their own.
 */
export function targetParts(target: string): Record<string, string> {
  const parts: Record<string, string> = Object.create(null)
  let depth = 0
  let quoted = false
  let from = 0
  const add = (to: number): void => {
    const [, name, value] = /^([A-Za-z_]\w{0,60})=(.*)$/s.exec(target.slice(from, to)) ?? []
    if (name !== undefined && value !== undefined && value !== '') parts[name] ??= value
  }
  for (let at = 0; at < target.length; at += 1) {
    const character = target[at]
    if (character === '"') quoted = !quoted
    else if (!quoted && character === '{') depth += 1
    else if (!quoted && character === '}') depth = Math.max(0, depth - 1)
    else if (
      character === ':' &&
      !quoted &&
      depth === 0 &&
      /^[A-Za-z_]\w{0,60}=/.test(target.slice(at + 1, at + 63))
    ) {
      add(at)
      from = at + 1
    }
  }
  add(target.length)
  return parts
}
