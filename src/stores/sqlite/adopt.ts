import type { FormerKey } from '../store.ts'
import type { Database } from './database.ts'

/** What is counted under a robot's former key is counted under its key of today from now on. */
export function adopt(db: Database, keys: readonly FormerKey[]): void {
  for (const { from, to } of keys) {
    db.run('UPDATE calls SET key = ? WHERE key = ?', to, from)
    db.run(
      `INSERT INTO months (month, key, calls) SELECT month, ?, calls FROM months WHERE key = ?
       ON CONFLICT (month, key) DO UPDATE SET calls = calls + excluded.calls`,
      to,
      from,
    )
    db.run('DELETE FROM months WHERE key = ?', from)
    db.run(
      `INSERT INTO marks (month, scope, mark) SELECT month, ?, mark FROM marks WHERE scope = ?
       ON CONFLICT (month, scope) DO UPDATE SET mark = MAX(mark, excluded.mark)`,
      to,
      from,
    )
    db.run('DELETE FROM marks WHERE scope = ?', from)
    db.run(
      `INSERT INTO pauses (scope, until, since, reason)
       SELECT ?, until, since, reason FROM pauses WHERE scope = ?
       ON CONFLICT (scope) DO UPDATE SET until = excluded.until, since = excluded.since, reason = excluded.reason
       WHERE excluded.until > until`,
      `robot:${to}`,
      `robot:${from}`,
    )
    db.run('DELETE FROM pauses WHERE scope = ?', `robot:${from}`)
    db.run('UPDATE OR IGNORE robots SET key = ? WHERE key = ?', to, from)
    db.run('DELETE FROM robots WHERE key = ?', from)
  }
}
