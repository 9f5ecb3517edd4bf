import { OCP_VARIABLES } from '../../../model/variables.ts'

/**
 * Names of one variable: OCP's current name, which is filled from any of the others; its old name, which is filled from
 * the current one; then other names.
 */
export const SAME_THING: readonly (readonly [string, string, ...string[]])[] = [
  ['ob_cluster', 'obregion', 'ob_cluster_name'],
  ['ob_cluster_group', 'obregion_group'],
  ['ob_tenant', 'tenant_name'],
  ['host_ip', 'svr_ip', 'host'],
]

/** `alarm_level`, and the variants that some versions of OCP add. */
export const LEVELS: readonly string[] = ['', '_native', '_en_us', '_zh_cn', '_zh_tw'].map(
  (of) => `alarm_level${of}`,
)

const KNOWN: ReadonlySet<string> = new Set([
  ...Object.keys(OCP_VARIABLES),
  ...SAME_THING.flat(),
  'text',
  'content',
  'title',
  'obzone',
  'receiver',
])

const SHAPES: ReadonlySet<string> = new Set([
  'msgtype',
  'msg_type',
  'markdown',
  'actionCard',
  'atMobiles',
  'isAtAll',
])

/** Labels of OCP's built-in rules that are also variables (OCP's alarm reference); custom rules have other labels. */
const RULE_LABELS: readonly string[] =
  `obzone host_name server_ips servers mount_point data_disk_path install_path log_disk_path database user_name sql_id
  query_sql trans_hash session_id trans_create_time filename log_level keyword error_code trace_id error_message
  server_type process uri method task_type task_result app receiver message_type`.split(/\s+/)

/**
 * Environment variables of OCP's script channel that belong to an alert: documented names, labels of its rules, and
 * OCP's prefixes. All others are ignored. deploy/ocp/send.sh uses the same list.
 */
export const SCRIPT_NAMES: ReadonlySet<string> = new Set([
  ...Object.keys(OCP_VARIABLES),
  ...SAME_THING.flat(),
  ...RULE_LABELS,
])

/** Whether OCP sets an environment variable for an alert. */
export function isScriptName(name: string): boolean {
  return SCRIPT_NAMES.has(name) || /^(?:alarm|ob|obproxy|value)_[a-z0-9_]+$/.test(name)
}

/** Turns `alarmActiveAt` into `alarm_active_at` if that is one of OCP's names; other names are unchanged. */
export function currentName(name: string): string {
  if (!/[A-Z]/.test(name)) return name
  const snake = name.replace(/[A-Z]/g, (letter, at: number) => {
    return `${at > 0 ? '_' : ''}${letter.toLowerCase()}`
  })
  return KNOWN.has(snake) ? snake : name
}

/** Whether a name, in snake_case or camelCase, is one of OCP's. */
export function isKnownName(name: string): boolean {
  return KNOWN.has(currentName(name))
}

/** Whether a name is typical of OCP's fields or of a chat message, unlike an everyday word. */
export function isContentName(name: string): boolean {
  return SHAPES.has(name) || (/[_A-Z]/.test(name) && isKnownName(name))
}

/** Whether a field names or describes an alert; a body without such a field is plain text. */
export function isContent(name: string): boolean {
  return (
    name === 'message' || name === 'message_json' || (name.startsWith('alarm_') && KNOWN.has(name))
  )
}
