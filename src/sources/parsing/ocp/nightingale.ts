import { isObject, type JsonObject } from '../json.ts'
import { textOf } from '../text.ts'

/** Words for Nightingale's severities, which it calls S1, S2 and S3. */
const LEVEL_WORDS: Readonly<Record<string, string>> = { 1: 'Critical', 2: 'Warning', 3: 'Info' }

/** Whether a body is a Nightingale event, as its callbacks and webhooks post it (ccfos/nightingale, AlertCurEvent). */
export function isNightingaleEvent(body: unknown): boolean {
  return (
    isObject(body) &&
    typeof body['rule_name'] === 'string' &&
    'trigger_time' in body &&
    ('is_recovered' in body || 'trigger_value' in body)
  )
}

/**
 * Maps an event to OCP's fields. Tags and scalar fields keep their names. Other nested values are left out, such as the
 * notified users.
 */
export function fieldsOfEvent(event: JsonObject): JsonObject {
  const tags = tagsOf(event)
  const annotations = isObject(event['annotations']) ? event['annotations'] : {}
  const isRecovered = event['is_recovered'] === true || event['is_recovered'] === 1
  const plain = Object.entries(event).filter(([, value]) => typeof value !== 'object')
  const target = Object.entries(tags)
    .filter(([name]) => !NOT_IDENTIFYING.has(name))
    .map(([name, value]) => `${name}=${value}`)
    .join(':')
  return {
    ...Object.fromEntries(plain),
    ...tags,
    alarm_type: event['rule_name'],
    alarm_name: event['rule_name'],
    alarm_level: LEVEL_WORDS[textOf(event['severity']) ?? ''] ?? event['severity'],
    alarm_status: isRecovered ? 'Resolved' : 'Active',
    alarm_target: target === '' ? event['target_ident'] : target,
    alarm_id: event['hash'],
    alarm_active_at: isoTime(event['first_trigger_time']) ?? isoTime(event['trigger_time']),
    alarm_resolved_at: isRecovered
      ? (isoTime(event['recover_time']) ?? isoTime(event['last_eval_time']))
      : undefined,
    alarm_summary: annotations['summary'],
    alarm_description: textOf(event['rule_note']) ?? annotations['description'],
    value: event['trigger_value'],
  }
}

/** Tags that name the rule and its metric, not the monitored object. */
const NOT_IDENTIFYING: ReadonlySet<string> = new Set(['rulename', '__name__'])

/** `tags_map`, or `tags` as a list of `name=value`. */
function tagsOf(event: JsonObject): Record<string, string> {
  const tags: Record<string, string> = Object.create(null)
  const map = event['tags_map']
  if (isObject(map))
    for (const [name, value] of Object.entries(map)) tags[name] = textOf(value) ?? ''
  const list = Array.isArray(event['tags']) ? event['tags'] : []
  for (const each of list) {
    const text = typeof each === 'string' ? each : ''
    const at = text.indexOf('=')
    if (at > 0) tags[text.slice(0, at)] ??= text.slice(at + 1)
  }
  return tags
}

/** Converts Unix seconds to ISO 8601; undefined for 0, which Nightingale sends for a missing time. */
function isoTime(seconds: unknown): string | undefined {
  const value = Number(seconds)
  if (!Number.isInteger(value) || value <= 0 || value > 1e11) return undefined
  return new Date(value * 1000).toISOString()
}
