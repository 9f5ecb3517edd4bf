import { SANDBOX_KEY } from '../../model/settings.ts'
import type { RobotState } from '../store.ts'
import type { Tx } from '../tx.ts'

/** The states of the robots, in the given order. */
export async function readRobotStates(
  tx: Tx,
  robots: readonly { key: string; address: string }[],
  { callsSince, month }: { callsSince: Date; month: string },
): Promise<RobotState[]> {
  const keys = [...new Set(robots.map(({ key }) => key))]
  const scopes = [...new Set(robots.flatMap(scopesOf))]
  const calls = await tx.all<{ key: string; at: number; until: number }>(
    'SELECT key, at, until FROM calls WHERE key IN LIST($1, TEXT) AND until > $2 ORDER BY until, id',
    [keys, tx.ms(callsSince)],
  )
  const pauses = await tx.all<PauseRow>(
    'SELECT scope, until, since, reason, made_by FROM pauses WHERE scope IN LIST($1, TEXT) ORDER BY until DESC',
    [scopes],
  )
  const states = await tx.all<{ key: string; failures: number; body_bytes: number | null }>(
    'SELECT key, failures, body_bytes FROM robots WHERE key IN LIST($1, TEXT)',
    [keys],
  )
  const usage = await tx.all<{ key: string; calls: number }>(
    'SELECT key, calls FROM monthly_usage WHERE month = $1 AND key IN LIST($2, TEXT)',
    [month, keys],
  )
  return robots.map((robot) => {
    const pause = pauses.find(({ scope }) => scopesOf(robot).includes(scope))
    const state = states.find(({ key }) => key === robot.key)
    return {
      calls: calls
        .filter(({ key }) => key === robot.key)
        .map(({ at, until }) => ({ at: tx.date(at), until: tx.date(until) })),
      pause: pause && {
        until: tx.date(pause.until),
        since: tx.date(pause.since),
        reason: pause.reason,
        ...(pause.made_by !== null && { by: pause.made_by }),
      },
      failures: state?.failures ?? 0,
      bodyBytes: state?.body_bytes ?? undefined,
      monthUsed: usage.find(({ key }) => key === robot.key)?.calls ?? 0,
    }
  })
}

interface PauseRow {
  scope: string
  until: number
  since: number
  reason: string
  made_by: string | null
}

/** The scope of a person's pause of a robot. */
export function operatorScope(key: string): string {
  return `hand:${key}`
}

/** The scopes of all pauses that apply to a robot. */
export function scopesOf({ key, address }: { key: string; address: string }): string[] {
  return [`robot:${key}`, operatorScope(key), `address:${address}`]
}

/** Calls of a month that count for the organisation, which excludes the sandbox. */
export async function readOrganisationUsed(tx: Tx, month: string): Promise<number> {
  const row = await tx.get<{ n: number }>(
    'SELECT CAST(COALESCE(SUM(calls), 0) AS BIGINT) AS n FROM monthly_usage WHERE month = $1 AND key NOT LIKE $2',
    [month, `${SANDBOX_KEY}%`],
  )
  return row?.n ?? 0
}
