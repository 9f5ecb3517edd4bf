import type { Pause } from '../queries.ts'
import type { OperatorPause } from '../store.ts'
import type { Tx } from '../tx.ts'
import { operatorScope, scopesOf } from './robot-states.ts'
import { fromRow } from './rows.ts'

/** Stores a person's pause of a robot's key; replaces an earlier one. */
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
      `UPDATE messages SET due_at = $2 WHERE state IN ('pending', 'sending') AND state = 'pending' AND due_at > $2
         AND (robot_key = $1 OR due_at IN LIST($3, BIGINT))`,
      [robot.key, tx.ms(now), rows.map(({ until }) => until)],
    )
  return rows.map((row) => fromRow(tx, row))
}
