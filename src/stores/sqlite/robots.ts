import { SANDBOX_KEY } from '../../model/settings.ts'
import type { RobotState } from '../store.ts'
import type { Database } from './database.ts'

export function robotState(
  db: Database,
  robot: { key: string; address: string },
  { callsSince, month }: { callsSince: Date; month: string },
): RobotState {
  const calls = db.all<{ at: number; until: number }>(
    'SELECT at, until FROM calls WHERE key = ? AND until > ? ORDER BY until',
    robot.key,
    callsSince.getTime(),
  )
  const pause = db.get<{ until: number; since: number; reason: string }>(
    'SELECT until, since, reason FROM pauses WHERE scope IN (?, ?) ORDER BY until DESC LIMIT 1',
    `robot:${robot.key}`,
    `address:${robot.address}`,
  )
  const state = db.get<{ failures: number; body_bytes: number | null }>(
    'SELECT failures, body_bytes FROM robots WHERE key = ?',
    robot.key,
  )
  const used = db.get<{ calls: number }>(
    'SELECT calls FROM months WHERE month = ? AND key = ?',
    month,
    robot.key,
  )
  return {
    calls: calls.map((call) => ({ at: new Date(call.at), until: new Date(call.until) })),
    pause: pause && { ...pause, until: new Date(pause.until), since: new Date(pause.since) },
    failures: state?.failures ?? 0,
    bodyBytes: state?.body_bytes ?? undefined,
    monthUsed: used?.calls ?? 0,
  }
}

/** Calls of a month that count for the organisation: all but those to the sandbox. */
export function organisationUsed(db: Database, month: string): number {
  const row = db.get<{ n: number | null }>(
    'SELECT SUM(calls) AS n FROM months WHERE month = ? AND key NOT LIKE ?',
    month,
    `${SANDBOX_KEY}%`,
  )
  return row?.n ?? 0
}
