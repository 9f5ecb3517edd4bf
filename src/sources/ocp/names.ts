import { OCP_VARIABLES } from '../../model/variables.ts'

/** Names that old versions of OCP use, and what they are called now; both can be read. */
export const ALIASES: Readonly<Record<string, string>> = {
  obregion: 'ob_cluster',
  obregion_group: 'ob_cluster_group',
  ob_cluster_name: 'ob_cluster',
  tenant_name: 'ob_tenant',
  svr_ip: 'host_ip',
  host: 'host_ip',
}

const KNOWN: ReadonlySet<string> = new Set([
  ...Object.keys(OCP_VARIABLES),
  ...Object.keys(ALIASES),
  'text',
  'title',
  'obzone',
  'receiver',
])

/** `alarmActiveAt` as `alarm_active_at`: operators write both. */
export function snakeCase(name: string): string {
  return /[A-Z]/.test(name) && !name.includes('_')
    ? name.replace(/[A-Z]/g, (letter, at: number) => `${at > 0 ? '_' : ''}${letter.toLowerCase()}`)
    : name
}

/** Whether a name, in either notation, is one of OCP's. */
export function isKnownName(name: string): boolean {
  return KNOWN.has(snakeCase(name))
}
