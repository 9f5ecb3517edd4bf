import type { Alert } from '../../model/alert.ts'

/** Whether an alert is OCP's, by whatever way it came: OCP's built-in channel posts as to a robot of DingTalk's. */
export function isOcpAlert({ source, variables }: Pick<Alert, 'source' | 'variables'>): boolean {
  return source === 'ocp' || (source === 'chat' && variables['alarm_type'] !== undefined)
}
