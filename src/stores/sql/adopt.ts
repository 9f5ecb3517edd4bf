import type { FormerKey } from '../store.ts'
import type { Tx } from '../tx.ts'
import { operatorScope } from './robot-states.ts'

/** Moves calls, usage, warnings, pauses, state and messages from a robot's former key to its current one. */
export async function adopt(tx: Tx, keys: readonly FormerKey[]): Promise<void> {
  for (const { from, to } of keys) {
    await tx.run('UPDATE calls SET key = $1 WHERE key = $2', [to, from])
    await tx.run(
      `INSERT INTO monthly_usage AS u (month, key, calls)
       SELECT month, CAST($1 AS TEXT), calls FROM monthly_usage WHERE key = $2
       ON CONFLICT (month, key) DO UPDATE SET calls = u.calls + excluded.calls`,
      [to, from],
    )
    await tx.run('DELETE FROM monthly_usage WHERE key = $1', [from])
    await tx.run(
      `INSERT INTO quota_warnings AS w (month, scope, percent)
       SELECT month, CAST($1 AS TEXT), percent FROM quota_warnings WHERE scope = $2
       ON CONFLICT (month, scope) DO UPDATE SET percent = GREATEST(w.percent, excluded.percent)`,
      [to, from],
    )
    await tx.run('DELETE FROM quota_warnings WHERE scope = $1', [from])
    for (const scopeOf of [(key: string) => `robot:${key}`, operatorScope]) {
      await tx.run(
        `INSERT INTO pauses AS p (scope, until, since, reason, made_by)
         SELECT CAST($1 AS TEXT), until, since, reason, made_by FROM pauses WHERE scope = $2
         ON CONFLICT (scope) DO UPDATE SET until = excluded.until, since = excluded.since, reason = excluded.reason,
           made_by = excluded.made_by WHERE excluded.until > p.until`,
        [scopeOf(to), scopeOf(from)],
      )
      await tx.run('DELETE FROM pauses WHERE scope = $1', [scopeOf(from)])
    }
    await tx.run(
      'UPDATE robots SET key = $1 WHERE key = $2 AND NOT EXISTS (SELECT 1 FROM robots r WHERE r.key = $1)',
      [to, from],
    )
    await tx.run('DELETE FROM robots WHERE key = $1', [from])
    await tx.run('UPDATE messages SET robot_key = $1 WHERE robot_key = $2', [to, from])
  }
}
