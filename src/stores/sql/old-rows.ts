/** Renames tables of version 0.1.0, so that new tables can have their names. */
export function renameOldTables(tables: readonly string[]): string {
  return tables.map((table) => `ALTER TABLE ${table} RENAME TO old_${table}`).join(';\n')
}

/** Copies the messages of version 0.1.0 from `old_messages m`; `level` and `storm` are SQL expressions. */
export function copyOldMessages(level: string, storm: string): string {
  return `INSERT INTO messages (id, uuid, robot, robot_key, queue, channel, kind, state, title, text, body, alert_count,
      level, storm, by_hand, created_at, due_at, elsewhere_at, sent_at, reason, attempts, call)
    SELECT m.id, m.uuid, m.robot, COALESCE((SELECT c.key FROM old_calls c WHERE c.id = m.call), ''), m.queue,
      m.channel, m.kind, m.state, m.title, m.text, m.body, m.alert_count, ${level}, ${storm},
      CASE WHEN m.alert_count = 0 THEN 1 ELSE 0 END, m.created_at, m.due_at, m.elsewhere_at, m.sent_at, m.reason,
      m.attempts, m.call
    FROM old_messages m`
}

/** Copies the tables of version 0.1.0 whose columns are unchanged. */
export const COPY_OLD_TABLES = `
  INSERT INTO attempts SELECT * FROM old_attempts;
  INSERT INTO calls SELECT * FROM old_calls;
  INSERT INTO monthly_usage SELECT * FROM months;
  INSERT INTO quota_warnings SELECT * FROM marks;
  INSERT INTO pauses (scope, until, since, reason) SELECT scope, until, since, reason FROM old_pauses;
  INSERT INTO robots SELECT * FROM old_robots`
