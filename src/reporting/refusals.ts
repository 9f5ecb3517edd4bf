import type { RejectReason } from '../model/message.ts'

/** True: no message of the robot will be accepted until a person fixes the cause. False: one text was refused. */
const CONCERNS_ROBOT: Readonly<Record<RejectReason, boolean>> = {
  token: true,
  signature: true,
  keyword: true,
  address: true,
  group: true,
  quota: true,
  request: true,
  redirect: true,
  verification: true,
  content: false,
}

/** Whether the result of an attempt means that DingTalk refused the message. */
export function isRefusal(result: string): result is RejectReason {
  return Object.hasOwn(CONCERNS_ROBOT, result)
}

/** Whether a result means that no message of the robot will be accepted. */
export function isRobotRefusal(result: string | undefined): boolean {
  return result !== undefined && isRefusal(result) && CONCERNS_ROBOT[result]
}
