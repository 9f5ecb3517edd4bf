import { SANDBOX_KEY } from '../../model/settings.ts'
import type { Pause, RobotSnapshot } from '../queries.ts'
import type { FormerKey, OperatorPause } from '../store.ts'
import type { Tx } from '../tx.ts'
import { fromRow, readValue } from './rows.ts'
import { IN_STATE } from './schema.ts'

/** The states of the robots, in the given order. */
export async function readRobotStates(
  tx: Tx,
  robots: readonly { key: string; address: string }[],
  { callsSince, month }: { callsSince: Date; month: string },
): Promise<Omit<RobotSnapshot, 'leasedBy'>[]> {
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
  const states = await tx.all<StateRow>(
    'SELECT key, failures, body_bytes, last_result, last_at FROM robots WHERE key IN LIST($1, TEXT)',
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
      lastResult: state?.last_result ?? undefined,
      lastAt: state?.last_at == null ? undefined : tx.date(state.last_at),
      monthUsed: usage.find(({ key }) => key === robot.key)?.calls ?? 0,
    }
  })
}

interface StateRow {
  key: string
  failures: number
  body_bytes: number | null
  last_result: string | null
  last_at: number | null
}

interface PauseRow {
  scope: string
  until: number
  since: number
  reason: string
  made_by: string | null
}

/** The scope of a person's pause of a robot. */
function operatorScope(key: string): string {
  return `hand:${key}`
}

/** The scopes of all pauses that apply to a robot. */
export function scopesOf({ key, address }: { key: string; address: string }): string[] {
  return [`robot:${key}`, operatorScope(key), `address:${address}`]
}

/** Calls of a month that count for the organisation, which excludes the sandbox. */
export async function readOrganisationUsed(tx: Tx, month: string): Promise<number> {
  const used = await readValue<number>(
    tx,
    'SELECT CAST(SUM(calls) AS BIGINT) FROM monthly_usage WHERE month = $1 AND key NOT LIKE $2',
    [month, `${SANDBOX_KEY}%`],
  )
  return used ?? 0
}

/** Calls of a key in a month. */
export async function readUsed(tx: Tx, key: string, month: string): Promise<number> {
  const sql = 'SELECT calls FROM monthly_usage WHERE month = $1 AND key = $2'
  return (await readValue<number>(tx, sql, [month, key])) ?? 0
}

export async function pauseRobot(tx: Tx, { key, now, until, by }: OperatorPause): Promise<void> {
  await tx.run(
    `INSERT INTO pauses (scope, until, since, reason, made_by) VALUES ($1, $2, $3, 'by_hand', $4)
     ON CONFLICT (scope) DO UPDATE SET until = excluded.until, since = excluded.since, made_by = excluded.made_by`,
    [operatorScope(key), tx.ms(until), tx.ms(now), by],
  )
}

/**
 * Ends all pauses of a robot and of its address; other robots with the address may send again as well. The rows are
 * kept with the end `now`, so that delayed messages can give the reason. Messages with a later retry are due at once.
 */
export async function resumeRobot(
  tx: Tx,
  robot: { key: string; address: string },
  now: Date,
): Promise<Pause[]> {
  const rows = await tx.all<{ until: number }>(
    'SELECT until, since, reason FROM pauses WHERE scope IN LIST($1, TEXT) AND until > $2 ORDER BY until DESC',
    [scopesOf(robot), tx.ms(now)],
  )
  await tx.run(
    `UPDATE pauses SET until = $2, since = CASE WHEN since > $2 THEN $2 ELSE since END
     WHERE scope IN LIST($1, TEXT) AND until > $2`,
    [scopesOf(robot), tx.ms(now)],
  )
  // Messages that DingTalk refused are due at the end of the pause, also those of other robots with the address.
  if (rows.length > 0)
    await tx.run(
      `UPDATE messages SET due_at = $2 WHERE ${IN_STATE.pending} AND due_at > $2
         AND (robot_key = $1 OR due_at IN LIST($3, BIGINT))`,
      [robot.key, tx.ms(now), rows.map(({ until }) => until)],
    )
  return rows.map((row) => fromRow(tx, row))
}

/** Moves calls, usage, warnings, pauses, state and messages from a robot's former key to its current one. */
export async function adopt(tx: Tx, keys: readonly FormerKey[]): Promise<void> {
  for (const { from, to } of keys) for (const sql of MOVES) await tx.run(sql, [to, from])
}

/** SQL: moves rows to key $1 from key $2. */
const MOVES = [
  'UPDATE calls SET key = $1 WHERE key = $2',
  `INSERT INTO monthly_usage AS u (month, key, calls)
   SELECT month, CAST($1 AS TEXT), calls FROM monthly_usage WHERE key = $2
   ON CONFLICT (month, key) DO UPDATE SET calls = u.calls + excluded.calls`,
  'DELETE FROM monthly_usage WHERE key = $2 AND key <> $1',
  `INSERT INTO quota_warnings AS w (month, scope, percent)
   SELECT month, CAST($1 AS TEXT), percent FROM quota_warnings WHERE scope = $2
   ON CONFLICT (month, scope) DO UPDATE SET percent = GREATEST(w.percent, excluded.percent)`,
  'DELETE FROM quota_warnings WHERE scope = $2 AND scope <> $1',
  ...['robot:', operatorScope('')].flatMap((prefix) => [
    `INSERT INTO pauses AS p (scope, until, since, reason, made_by)
     SELECT '${prefix}' || $1, until, since, reason, made_by FROM pauses WHERE scope = '${prefix}' || $2
     ON CONFLICT (scope) DO UPDATE SET until = excluded.until, since = excluded.since, reason = excluded.reason,
       made_by = excluded.made_by WHERE excluded.until > p.until`,
    `DELETE FROM pauses WHERE scope = '${prefix}' || $2 AND scope <> '${prefix}' || $1`,
  ]),
  'UPDATE robots SET key = $1 WHERE key = $2 AND NOT EXISTS (SELECT 1 FROM robots r WHERE r.key = $1)',
  'DELETE FROM robots WHERE key = $2 AND key <> $1',
  'UPDATE messages SET robot_key = $1 WHERE robot_key = $2',
]
