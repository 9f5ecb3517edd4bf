import type { DatabaseSync } from 'node:sqlite'
import { AppError } from '../../errors.ts'
import { sqliteDialect } from '../dialect.ts'
import { COPY_OLD_TABLES, copyOldMessages, renameOldTables } from '../sql/old-rows.ts'
import { SCHEMA } from '../sql/schema.ts'

/** The current `user_version`. 0: an empty file; 2: version 0.1.0. */
const VERSION = 4

/** The last allocated ids, which outlive pruned rows. */
const SEQUENCES = `
  CREATE TABLE sequences (name TEXT PRIMARY KEY, last BIGINT NOT NULL) KEY_TABLE;
  INSERT INTO sequences (name, last) VALUES ('alerts', 0), ('payloads', 0);
`

/** Migrates a file to the current schema in one transaction; AppError store_unavailable if its version is unknown. */
export function migrate(db: DatabaseSync, path: string): void {
  const version = Number(
    Object.values(db.prepare('PRAGMA user_version').get() as Record<string, unknown>)[0],
  )
  if (version === VERSION) return
  if (version !== 0 && version !== 2)
    throw new AppError(
      'store_unavailable',
      `${path} was written by ${version > VERSION ? 'a newer version' : 'an unreleased version'} of the receiver (schema ${version}, this one supports ${VERSION}); run that version, or name another store`,
    )
  const create = sqliteDialect(SCHEMA + SEQUENCES)
  const steps = version === 0 ? create : FROM_SCHEMA_2.replace('CREATE_SCHEMA', create)
  try {
    db.exec(`BEGIN IMMEDIATE; ${steps}; PRAGMA user_version = ${VERSION}; COMMIT`)
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}

const RENAMED = ['bodies', 'alerts', 'messages', 'attempts', 'calls', 'pauses', 'robots']
const DROPPED = 'tellings waits clearing months marks requests subjects queues channels'.split(' ')

/**
 * Migrates the schema of version 0.1.0, which had interned names and a table of waiting alerts. CREATE_SCHEMA is replaced
 * by the current schema.
 */
const FROM_SCHEMA_2 = `
  -- Leftovers of claims that were interrupted.
  DELETE FROM waits WHERE EXISTS (SELECT 1 FROM clearing c
    WHERE c.queue = waits.queue AND c.channel = waits.channel AND waits.alert <= c.up_to);
  DELETE FROM tellings WHERE message NOT IN (SELECT id FROM messages);

  ${renameOldTables(RENAMED)};
  DROP TABLE leases;
  DROP INDEX alerts_fate; DROP INDEX tellings_alert; DROP INDEX messages_open; DROP INDEX messages_dead;
  DROP INDEX messages_channel; DROP INDEX messages_robot; DROP INDEX messages_told; DROP INDEX attempts_message;
  DROP INDEX calls_key;
  CREATE_SCHEMA;

  INSERT INTO bodies (id, bytes) SELECT id, bytes FROM old_bodies;
  INSERT INTO payloads (id, key, source, received_at, body, start, length)
    SELECT id, key, source, received_at, body, at, length FROM requests;
  INSERT INTO alerts (id, payload, position, channel, fingerprint, grp, status, level, name, cluster, starts_at, previous,
      repeats, final_state, reason)
    SELECT a.id, a.payload, a.position, c.name, a.fingerprint, a.grp, CASE a.resolved WHEN 1 THEN 'resolved' ELSE 'firing' END,
      a.level, s.name, s.cluster, NULL, 0, a.repeats, a.fate, a.reason
    FROM old_alerts a JOIN channels c ON c.id = a.channel JOIN subjects s ON s.id = a.subject;
  ${copyOldMessages(
    `(SELECT MIN(a.level) FROM tellings t JOIN old_alerts a ON a.id = t.alert
      WHERE t.message = m.id AND m.state IN ('pending', 'sending'))`,
    'm.storm',
  )};
  INSERT OR IGNORE INTO deliveries (queue, channel, level, alert, message)
    SELECT m.queue, a.channel, a.level, t.alert, t.message FROM tellings t JOIN messages m ON m.id = t.message
      JOIN alerts a ON a.id = t.alert ORDER BY t.message DESC;
  INSERT OR IGNORE INTO deliveries (queue, channel, level, alert, message)
    SELECT q.name, c.name, w.level, w.alert, NULL FROM waits w JOIN queues q ON q.id = w.queue JOIN channels c ON c.id = w.channel;
  INSERT INTO watermarks (queue, channel, level, up_to)
    SELECT queue, channel, level, COALESCE(MIN(CASE WHEN message IS NULL THEN alert END) - 1, MAX(alert))
    FROM deliveries GROUP BY queue, channel, level;
  ${COPY_OLD_TABLES};
  -- Never reuse the id of a pruned message.
  DELETE FROM sqlite_sequence WHERE name = 'messages';
  UPDATE sqlite_sequence SET name = 'messages' WHERE name = 'old_messages';
  UPDATE sequences SET last = COALESCE((SELECT MAX(id) FROM alerts), 0) WHERE name = 'alerts';
  UPDATE sequences SET last = COALESCE((SELECT MAX(id) FROM payloads), 0) WHERE name = 'payloads';

  ${[...RENAMED.map((table) => `old_${table}`), ...DROPPED].map((table) => `DROP TABLE ${table}`).join(';\n')};
`
