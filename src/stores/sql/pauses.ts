import type { Pause } from '../queries.ts'
import type { HandPause } from '../store.ts'
import type { Tx } from '../tx.ts'
import { handScope, scopesOf } from './robot-states.ts'

/** A person pauses a robot's key; a new pause replaces the one before. */
export async function pauseRobot(tx: Tx, { key, now, until, by }: HandPause): Promise<void> {
  await tx.run(
    `INSERT INTO pauses (scope, until, since, reason, made_by) VALUES ($1, $2, $3, 'by_hand', $4)
     ON CONFLICT (scope) DO UPDATE SET until = excluded.until, since = excluded.since, made_by = excluded.made_by`,
    [handScope(key), tx.ms(until), tx.ms(now), by],
  )
}

/**
 * Ends every pause of a robot, also one of its address, which frees the robots behind it as well. Each stays on record
 * until now, so that what waited can say why. Messages that are to be tried again later are due at once.
 */
export async function resumeRobot(
  tx: Tx,
  robot: { key: string; address: string },
  now: Date,
): Promise<Pause[]> {
  const rows = await tx.all<{ until: number; since: number; reason: string }>(
    'SELECT until, since, reason FROM pauses WHERE scope IN LIST($1, TEXT) AND until > $2 ORDER BY until DESC',
    [scopesOf(robot), tx.ms(now)],
  )
  await tx.run(
    `UPDATE pauses SET until = $2, since = CASE WHEN since > $2 THEN $2 ELSE since END
     WHERE scope IN LIST($1, TEXT) AND until > $2`,
    [scopesOf(robot), tx.ms(now)],
  )
  // What was refused was to be tried again when the pause ends, also by other robots behind the address.
  if (rows.length > 0)
    await tx.run(
      `UPDATE messages SET due_at = $2 WHERE state IN ('pending', 'sending') AND state = 'pending' AND due_at > $2
         AND (robot_key = $1 OR due_at IN LIST($3, BIGINT))`,
      [robot.key, tx.ms(now), rows.map(({ until }) => until)],
    )
  return rows.map(({ until, since, reason }) => ({
    until: tx.date(until),
    since: tx.date(since),
    reason,
  }))
}
