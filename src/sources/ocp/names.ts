import { OCP_VARIABLES } from '../../model/variables.ts'

/**
 * Names of the same thing: today's, which is found under any of the others; OCP's old one, which is found under
 * today's; and what rules call it.
 */
export const SAME_THING: readonly (readonly [string, string, ...string[]])[] = [
  ['ob_cluster', 'obregion', 'ob_cluster_name'],
  ['ob_cluster_group', 'obregion_group'],
  ['ob_tenant', 'tenant_name'],
  ['host_ip', 'svr_ip', 'host'],
]

/** OCP's own level, and beside it, in some versions, the same in every language. */
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

/** Labels of OCP's rules that are variables too (its alarm reference); rules of an operator's own have others. */
const RULE_LABELS: readonly string[] =
  `obzone host_name server_ips servers mount_point data_disk_path install_path log_disk_path database user_name sql_id
  query_sql trans_hash session_id trans_create_time filename log_level keyword error_code trace_id error_message
  server_type process uri method task_type task_result app receiver message_type`.split(/\s+/)

/**
 * What the environment of OCP's script channel holds of an alert: documented names, labels of its rules, and names that
 * begin as OCP's do. The rest of an environment is nobody's business. deploy/ocp/send.sh goes by the same.
 */
export const SCRIPT_NAMES: readonly string[] = [
  ...new Set([...Object.keys(OCP_VARIABLES), ...SAME_THING.flat(), ...RULE_LABELS]),
].sort()

const SCRIPT_NAME = new Set(SCRIPT_NAMES)

/** Whether a variable of the environment is one that OCP sets for an alert. */
export function isScriptName(name: string): boolean {
  return SCRIPT_NAME.has(name) || /^(?:alarm|ob|obproxy|value)_[a-z0-9_]+$/.test(name)
}

/** `alarmActiveAt` as `alarm_active_at`, where that is one of OCP's names; any other name as it is. */
export function currentName(name: string): string {
  if (!/[A-Z]/.test(name)) return name
  const snake = name.replace(/[A-Z]/g, (letter, at: number) => {
    return `${at > 0 ? '_' : ''}${letter.toLowerCase()}`
  })
  return KNOWN.has(snake) ? snake : name
}

/** Whether a name, in either notation, is one of OCP's. */
export function isKnownName(name: string): boolean {
  return KNOWN.has(currentName(name))
}

/** Whether a name tells by itself that OCP's fields or a chat platform's body are meant: no everyday word. */
export function isContentName(name: string): boolean {
  return SHAPES.has(name) || (/[_A-Z]/.test(name) && isKnownName(name))
}

/** Whether a name says what an alert is or tells; a body without one is told as a text. */
export function isContent(name: string): boolean {
  return (
    name === 'message' || name === 'message_json' || (name.startsWith('alarm_') && KNOWN.has(name))
  )
}
