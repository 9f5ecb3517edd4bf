import { postgresDialect } from '../dialect.ts'
import { COPY_OLD_TABLES, copyOldMessages, renameOldTables } from '../sql/old-rows.ts'
import { ACTION_COLUMNS, SCHEMA, SILENCE_TABLES } from '../sql/schema.ts'

/** The schema of the tables, unless a test names another. */
export const SCHEMA_NAME = 'dingtalk_receiver'

/** Tables of PostgreSQL only: id sequences, and the rows that accepts lock and compare with. */
const OWN_TABLES = `
  CREATE SEQUENCE alerts_ids;
  CREATE SEQUENCE payloads_ids;

  CREATE TABLE request_keys (key TEXT PRIMARY KEY, at BIGINT NOT NULL);
  CREATE INDEX request_keys_at ON request_keys (at);

  -- The last alert let through for each queue, channel and aggregation key; alert is 0 until there is one.
  CREATE TABLE notification_log (
    queue TEXT NOT NULL, channel TEXT NOT NULL, grp TEXT NOT NULL, alert BIGINT NOT NULL, status TEXT NOT NULL,
    level SMALLINT NOT NULL, fingerprint TEXT NOT NULL, starts_at BIGINT, firing_at BIGINT, resolved_at BIGINT,
    repeats INTEGER NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (queue, channel, grp)
  ) WITH (fillfactor = 70);
`

const CREATE = `${postgresDialect(SCHEMA)}; ${OWN_TABLES};`

/** Tables of version 0.1.0 whose key constraint has the name of a new one. */
const KEYED = ['payloads', 'alerts', 'messages', 'attempts', 'calls', 'pauses', 'robots']

/** Migrates the schema of version 0.1.0, which had bodies as text, and deliveries under the name "tellings". */
const FROM_SCHEMA_1 = `
  ${renameOldTables([...KEYED, 'requests'])};
  DROP TABLE leases, turns, arrived;
  DROP INDEX payloads_received, alerts_payload, alerts_channel, alerts_fate, messages_open, messages_sending,
    messages_dead, messages_channel, messages_robot, messages_told, attempts_message, attempts_at, calls_key;
  ${KEYED.map((table) => `ALTER TABLE old_${table} RENAME CONSTRAINT ${table}_pkey TO old_${table}_pkey;`).join('\n')}
  ALTER TABLE old_messages RENAME CONSTRAINT messages_uuid_key TO old_messages_uuid_key;
  ALTER SEQUENCE messages_id_seq RENAME TO old_messages_id_seq;
  ALTER SEQUENCE attempts_id_seq RENAME TO old_attempts_id_seq;
  ALTER SEQUENCE calls_id_seq RENAME TO old_calls_id_seq;
  ${CREATE}

  INSERT INTO bodies (id, bytes) SELECT id, convert_to(text, 'UTF8') FROM old_payloads;
  INSERT INTO payloads (id, key, source, received_at, body, start, length)
    SELECT id, '', source, received_at, id, 0, octet_length(text) FROM old_payloads;
  INSERT INTO alerts (id, payload, position, channel, fingerprint, grp, status, level, name, cluster, previous, repeats,
      final_state, reason)
    SELECT id, payload, position, channel, fingerprint, NULL, status, level, name, cluster, 0, repeats, fate, reason
    FROM old_alerts;
  ${copyOldMessages(
    `(SELECT MIN(t.level) FROM tellings t WHERE t.message = m.id AND m.state IN ('pending', 'sending'))`,
    'CASE WHEN m.storm THEN 1 ELSE 0 END',
  )};
  INSERT INTO deliveries (queue, channel, level, alert, message)
    SELECT queue, channel, level, alert, message FROM tellings ON CONFLICT DO NOTHING;
  INSERT INTO watermarks (queue, channel, level, up_to)
    SELECT queue, channel, level, COALESCE(MIN(alert) FILTER (WHERE message IS NULL) - 1, MAX(alert))
    FROM deliveries GROUP BY queue, channel, level;
  ${COPY_OLD_TABLES};
  INSERT INTO request_keys SELECT key, at FROM old_requests;
  INSERT INTO notification_log (queue, channel, grp, alert, status, level, fingerprint, firing_at, resolved_at, repeats, at)
    SELECT d.queue, p.channel, p.grp, p.alert, p.status, d.level, p.fingerprint, p.firing_at, p.resolved_at, p.repeats, p.at
    FROM passed p JOIN deliveries d ON d.alert = p.alert AND d.channel = p.channel WHERE p.alert <> 0
    ON CONFLICT DO NOTHING;
  ${restartIds().join(';\n')};

  DROP TABLE tellings, passed, months, marks, old_requests, ${KEYED.map((table) => `old_${table}`).join(', ')};
`

/** SQL statements that move every id sequence past the copied rows. */
export function restartIds(): string[] {
  const identities = ['bodies', 'messages', 'attempts', 'calls', 'silences'] as const
  const sequences = [
    ...identities.map((table) => [table, `pg_get_serial_sequence('${table}', 'id')`]),
    ...['alerts', 'payloads'].map((table) => [table, `'${table}_ids'`]),
  ]
  return sequences.map(
    ([table, sequence]) =>
      `SELECT setval(${sequence}, COALESCE((SELECT MAX(id) FROM ${table}), 0) + 1, false)`,
  )
}

/** The current `schema_version`. 0: an empty schema; 1: version 0.1.0. */
export const VERSION = 3

/** SQL that migrates from a version to VERSION. */
export function stepsFrom(version: number): string {
  if (version === 2) return postgresDialect(SILENCE_TABLES + ACTION_COLUMNS)
  return version === 0 ? CREATE : FROM_SCHEMA_1
}
