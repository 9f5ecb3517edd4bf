import type { FormerKey } from '../store.ts'
import type { Tx } from './database.ts'

/** What is counted under a robot's former key is counted under its key of today from now on. */
export async function adopt(tx: Tx, keys: readonly FormerKey[]): Promise<void> {
  for (const { from, to } of keys) {
    await tx.run('UPDATE calls SET key = $1 WHERE key = $2', to, from)
    await tx.run(
      `INSERT INTO months AS m (month, key, calls)
       SELECT month, $1::text, calls FROM months WHERE key = $2
       ON CONFLICT (month, key) DO UPDATE SET calls = m.calls + excluded.calls`,
      to,
      from,
    )
    await tx.run('DELETE FROM months WHERE key = $1', from)
    await tx.run(
      `INSERT INTO marks AS m (month, scope, mark)
       SELECT month, $1::text, mark FROM marks WHERE scope = $2
       ON CONFLICT (month, scope) DO UPDATE SET mark = GREATEST(m.mark, excluded.mark)`,
      to,
      from,
    )
    await tx.run('DELETE FROM marks WHERE scope = $1', from)
    await tx.run(
      `INSERT INTO pauses AS p (scope, until, since, reason)
       SELECT $1::text, until, since, reason FROM pauses WHERE scope = $2
       ON CONFLICT (scope) DO UPDATE SET until = excluded.until, since = excluded.since, reason = excluded.reason
       WHERE excluded.until > p.until`,
      `robot:${to}`,
      `robot:${from}`,
    )
    await tx.run('DELETE FROM pauses WHERE scope = $1', `robot:${from}`)
    await tx.run(
      `UPDATE robots SET key = $1 WHERE key = $2 AND NOT EXISTS (SELECT FROM robots WHERE key = $1)`,
      to,
      from,
    )
    await tx.run('DELETE FROM robots WHERE key = $1', from)
  }
}
