import type { Alert } from '../../model/alert.ts'

/** True if OCP sent the alert. OCP's built-in DingTalk channel posts a chat body, as to a DingTalk robot. */
export function isOcpAlert({ source, variables }: Pick<Alert, 'source' | 'variables'>): boolean {
  return source === 'ocp' || (source === 'chat' && variables['alarm_type'] !== undefined)
}
