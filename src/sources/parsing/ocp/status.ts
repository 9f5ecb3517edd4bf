import type { Status } from '../../../model/alert.ts'

/** Words for a resolved alert: OCP's, in three languages and of all versions, and those of other senders. */
const RESOLVED: ReadonlySet<string> = new Set(
  `inactive resolved restored recovered recovery cleared expired ok normal clear clear_alert recover
  已消除 已恢复 已恢復 已解除 已清除 已解决 已解決 已过期 已過期 恢复 恢復 告警恢复 警示恢復`.split(
    /\s+/,
  ),
)

const FIRING: ReadonlySet<string> = new Set(
  'active firing alerting 告警中 警示中 触发 觸發'.split(' '),
)

/** How OCP's default recovery templates begin, optionally in a heading, bold or color. */
const RECOVERY_TITLE =
  /^(?:<[^<>]{0,60}>|[\s#>*_[【]){0,20}(?:OCP\s{0,4})?(?:(?:Alarm|Alert) Recover(?:y|ed)? Notification|(?:告警|警示)恢[复復]通知)/i

/**
 * Whether an alert is resolved: by its status, by its time of recovery, or, without either, by a text that begins like
 * OCP's recovery messages.
 */
export function statusOf(given: {
  status: string | undefined
  resolvedAt: string | undefined
  texts: readonly (string | undefined)[]
}): Status {
  const word = given.status?.toLowerCase().replaceAll(' ', '_')
  if (given.resolvedAt !== undefined || (word !== undefined && RESOLVED.has(word)))
    return 'resolved'
  if (word !== undefined && FIRING.has(word)) return 'firing'
  const isRecovery = given.texts.some((text) => text !== undefined && RECOVERY_TITLE.test(text))
  return isRecovery ? 'resolved' : 'firing'
}
