import type { ReadContext } from '../../source.ts'
import { digest } from '../text.ts'
import { firstNonBlank, nonBlank } from './blank-values.ts'
import { LEVELS } from './names.ts'

/** Fields that change while an alert stays the same: with each repeat, at its end, or with its level. */
const MOVING: ReadonlySet<string> = new Set([
  'alarm_status',
  'message_type',
  'alarm_count',
  ...LEVELS,
  'alarm_level_color',
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

/** A test alert repeated within this time is a retry. */
const TEST_RETRIED_WITHIN_MS = 60_000

/**
 * Hashes rule and target where both are known, else the alert's id, else all stable fields. Rule or target alone would
 * merge several alerts, and aggregation would suppress all but the first. A test alert is delivered each time.
 */
export function fingerprintOf(
  fields: Readonly<Record<string, string>>,
  { receivedAt }: ReadContext,
): string {
  if (TEST.some((name) => fields[name]?.trim() === '_test'))
    return digest(['test', String(Math.floor(receivedAt.getTime() / TEST_RETRIED_WITHIN_MS))])
  const known = identityOf(fields)
  if (known !== undefined) return digest(known)
  const stable = Object.entries(fields).filter(([name]) => !MOVING.has(name))
  // The prefix is part of stored fingerprints.
  return digest(['said', ...stable.sort(([a], [b]) => (a < b ? -1 : 1)).flat()])
}

/** Whether fields identify an alert; then a later one with the same identity is about the same thing. */
export function hasIdentity(fields: Readonly<Record<string, string>>): boolean {
  return identityOf(fields) !== undefined
}

function identityOf(fields: Readonly<Record<string, string>>): string[] | undefined {
  const rule = firstNonBlank(fields, ['alarm_type', 'alarm_name'])
  const target = firstNonBlank(fields, ['alarm_target', 'alarm_group_by'])
  if (rule !== undefined && target !== undefined) return [rule, target]
  const id = nonBlank(fields['alarm_id'])
  return id === undefined ? undefined : ['id', id]
}

const TEST = ['alarm_type', 'alarm_name', 'message'] as const
