import type { RejectReason } from '../model/message.ts'

/** Refusals of the robot rather than of one text; they last until a person fixes the cause. */
const ROBOT_REFUSALS: readonly string[] = [
  'token',
  'signature',
  'keyword',
  'address',
  'group',
  'quota',
  'request',
  'redirect',
  'verification',
] satisfies RejectReason[]

const TEXT_REFUSALS: readonly string[] = ['content'] satisfies RejectReason[]

/** Whether a result means that no message of the robot will be accepted. */
export function isRobotRefusal(result: string | undefined): boolean {
  return result !== undefined && ROBOT_REFUSALS.includes(result)
}

/** Whether a result means that one text was refused. */
export function isTextRefusal(result: string): boolean {
  return TEXT_REFUSALS.includes(result)
}
