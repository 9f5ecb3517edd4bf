import { COPY_OLD_TABLES, copyOldMessages, renameOldTables } from '../sql/old-rows.ts'

/** Migrates the schema before 0.1.0, in which each body had its own row. */
export const FROM_SCHEMA_1 = `
  CREATE TABLE bodies (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
  INSERT INTO bodies (id, bytes) SELECT id, text FROM payloads;
  ALTER TABLE requests ADD COLUMN body INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE requests ADD COLUMN at INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE requests ADD COLUMN length INTEGER NOT NULL DEFAULT 0;
  UPDATE requests SET body = id, length = COALESCE((SELECT length(text) FROM payloads p WHERE p.id = requests.id), 0);
  DROP TABLE payloads;
  CREATE TABLE clearing (queue INTEGER NOT NULL, channel INTEGER NOT NULL, up_to INTEGER NOT NULL) STRICT;
`

const RENAMED = ['bodies', 'alerts', 'messages', 'attempts', 'calls', 'pauses', 'robots']
const DROPPED = 'tellings waits clearing months marks requests subjects queues channels'.split(' ')

/**
 * Migrates the schema of version 0.1.0, which had interned names and a table of waiting alerts. CREATE_SCHEMA is replaced
 * by the current schema.
 */
export const FROM_SCHEMA_2 = `
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
