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
export function isTellingName(name: string): boolean {
  return SHAPES.has(name) || (/[_A-Z]/.test(name) && isKnownName(name))
}

/** Whether a name says what an alert is or tells; a body without one is told as a text. */
export function isTold(name: string): boolean {
  return name === 'message' || (name.startsWith('alarm_') && KNOWN.has(name))
}
