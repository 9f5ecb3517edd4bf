import type { Columns } from '../tx.ts'

/** Silences and mutes that people made, and the keys that sign the links to make them. */
export const SILENCE_TABLES = `
  -- kind: silence (in Alertmanager, under remote_id) or mute (here). fingerprint: NULL for all alerts that the matchers match.
  CREATE TABLE silences (
    id IDENTITY, kind TEXT NOT NULL, channel TEXT NOT NULL, alert BIGINT, fingerprint TEXT, matchers TEXT NOT NULL,
    level SMALLINT, made_by TEXT NOT NULL, made_at BIGINT NOT NULL, until BIGINT NOT NULL,
    until_recovery SMALLINT NOT NULL, alertmanager TEXT, remote_id TEXT, ended_at BIGINT, ended_by TEXT
  ) ROW_TABLE;
  CREATE INDEX silences_open ON silences (until) WHERE ended_at IS NULL;

  CREATE TABLE signing_keys (name TEXT PRIMARY KEY, value TEXT NOT NULL) KEY_TABLE;
`

/**
 * The tables of both databases. Instants are milliseconds since 1970, UTC; on PostgreSQL by the database's clock.
 * Accepting adds rows to these tables in the order of their keys, in deliveries within each queue, channel and level. So
 * its cost does not grow with the store.
 */
export const SCHEMA = `
  -- Request bodies, compressed in chunks (payload-blobs.ts).
  CREATE TABLE bodies (id IDENTITY, bytes BYTEA NOT NULL) ROW_TABLE;

  -- One row for each request. Its body is \`length\` bytes from \`start\` on in a decompressed row of bodies.
  CREATE TABLE payloads (
    id BIGINT PRIMARY KEY, key TEXT NOT NULL, source TEXT NOT NULL, received_at BIGINT NOT NULL,
    body BIGINT NOT NULL, start BIGINT NOT NULL, length BIGINT NOT NULL
  ) ROW_TABLE;
  CREATE INDEX payloads_received ON payloads (received_at);
  CREATE INDEX payloads_body ON payloads (body);

  -- One row for each alert in each channel. grp: the aggregation key, NULL when it is the fingerprint. previous: the alert
  -- let through before it with the same key, or 0. final_state: NULL, suppressed, or dead (without a message).
  CREATE TABLE alerts (
    id BIGINT PRIMARY KEY, payload BIGINT NOT NULL, position INTEGER NOT NULL, channel TEXT NOT NULL,
    fingerprint TEXT NOT NULL, grp TEXT, status TEXT NOT NULL, level SMALLINT NOT NULL, name TEXT NOT NULL,
    cluster TEXT NOT NULL, starts_at BIGINT, previous BIGINT NOT NULL DEFAULT 0, repeats INTEGER NOT NULL DEFAULT 0, final_state TEXT,
    reason TEXT
  ) ROW_TABLE;
  CREATE INDEX alerts_payload ON alerts (payload);
  CREATE INDEX alerts_final_state ON alerts (final_state, id) WHERE final_state IS NOT NULL;

  -- One row for each alert and queue. message: an id, or 0 while the alert waits. With NULL the alert waits if its id is
  -- above the watermark of its queue, channel and level; otherwise the digest whose range covers the id contains it.
  CREATE TABLE deliveries (
    queue TEXT NOT NULL, channel TEXT NOT NULL, level SMALLINT NOT NULL, alert BIGINT NOT NULL, message BIGINT,
    PRIMARY KEY (queue, channel, level, alert)
  ) KEY_TABLE;
  CREATE INDEX deliveries_message ON deliveries (message, queue, channel, level, alert) WHERE message IS NOT NULL;

  -- Alerts up to up_to were taken. One row for each queue, channel and level that ever had alerts.
  CREATE TABLE watermarks (
    queue TEXT NOT NULL, channel TEXT NOT NULL, level SMALLINT NOT NULL, up_to BIGINT NOT NULL,
    PRIMARY KEY (queue, channel, level)
  ) KEY_TABLE;

  -- A digest contains the deliveries with after < alert <= up_to whose message is NULL.
  CREATE TABLE delivery_ranges (
    queue TEXT NOT NULL, channel TEXT NOT NULL, level SMALLINT NOT NULL, up_to BIGINT NOT NULL, after BIGINT NOT NULL,
    message BIGINT NOT NULL, PRIMARY KEY (queue, channel, level, up_to)
  ) KEY_TABLE;
  CREATE INDEX delivery_ranges_message ON delivery_ranges (message);

  -- due_at: when its own robot may try it. elsewhere_at: when other robots of its pool may; later if it may have arrived.
  -- by_hand: a person requested it, or it is a quota warning. level: its most severe alert, NULL without alerts.
  -- dismissed_at: when a person dismissed the dead message.
  CREATE TABLE messages (
    id IDENTITY, uuid TEXT NOT NULL UNIQUE, robot TEXT NOT NULL, robot_key TEXT NOT NULL, queue TEXT NOT NULL,
    channel TEXT NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL, title TEXT NOT NULL, text TEXT NOT NULL,
    body TEXT NOT NULL, alert_count INTEGER NOT NULL, level SMALLINT, storm SMALLINT NOT NULL, by_hand SMALLINT NOT NULL,
    created_at BIGINT NOT NULL, due_at BIGINT, elsewhere_at BIGINT, sent_at BIGINT, reason TEXT,
    attempts INTEGER NOT NULL, call BIGINT, dismissed_at BIGINT, dismissed_by TEXT
  ) ROW_TABLE;
  CREATE INDEX messages_open ON messages (queue, channel) WHERE state IN ('pending', 'sending');
  CREATE INDEX messages_dead ON messages (id) WHERE state = 'dead';
  CREATE INDEX messages_failed ON messages (id) WHERE state = 'dead' AND dismissed_at IS NULL;
  CREATE INDEX messages_channel ON messages (channel, id);
  CREATE INDEX messages_robot ON messages (robot, id);
  CREATE INDEX messages_queue ON messages (queue, channel, created_at) WHERE kind <> 'test';

  CREATE TABLE attempts (
    id IDENTITY, message BIGINT NOT NULL, at BIGINT NOT NULL, robot TEXT NOT NULL, result TEXT NOT NULL,
    http_status INTEGER, errcode BIGINT, errmsg TEXT, words TEXT NOT NULL, duration_ms BIGINT NOT NULL
  ) ROW_TABLE;
  CREATE INDEX attempts_message ON attempts (message, id);
  CREATE INDEX attempts_at ON attempts (at);

  -- A call counts from its claim on; it may reach DingTalk at any time between at and until.
  CREATE TABLE calls (
    id IDENTITY, key TEXT NOT NULL, at BIGINT NOT NULL, until BIGINT NOT NULL, month TEXT NOT NULL
  ) ROW_TABLE;
  CREATE INDEX calls_key ON calls (key, until);
  CREATE TABLE monthly_usage (
    month TEXT NOT NULL, key TEXT NOT NULL, calls BIGINT NOT NULL, PRIMARY KEY (month, key)
  ) KEY_TABLE;

  -- Percentage of the last quota warning of a month.
  CREATE TABLE quota_warnings (
    month TEXT NOT NULL, scope TEXT NOT NULL, percent INTEGER NOT NULL, PRIMARY KEY (month, scope)
  ) KEY_TABLE;

  -- scope: robot:KEY or address:ADDRESS after a reply from DingTalk; hand:KEY by the person in made_by. A scope
  -- configuration:HASH is not a pause: since is when that configuration took effect, until when it counts (reassign.ts).
  CREATE TABLE pauses (
    scope TEXT PRIMARY KEY, until BIGINT NOT NULL, since BIGINT NOT NULL, reason TEXT NOT NULL, made_by TEXT
  ) KEY_TABLE;
  CREATE TABLE robots (
    key TEXT PRIMARY KEY, failures INTEGER NOT NULL, body_bytes INTEGER, last_result TEXT, last_at BIGINT
  ) KEY_TABLE;

  -- Owner of a robot, with its queues and channels (JSON). Each process has an owner name that is never reused.
  CREATE TABLE leases (
    robot TEXT PRIMARY KEY, owner TEXT NOT NULL, until BIGINT NOT NULL, places TEXT NOT NULL
  ) KEY_TABLE;
${SILENCE_TABLES}`

/** Additions to a schema from before people could pause robots and dismiss messages. */
export const ACTION_COLUMNS = `
  ALTER TABLE messages ADD COLUMN dismissed_at BIGINT;
  ALTER TABLE messages ADD COLUMN dismissed_by TEXT;
  ALTER TABLE pauses ADD COLUMN made_by TEXT;
  CREATE INDEX messages_failed ON messages (id) WHERE state = 'dead' AND dismissed_at IS NULL;
`

/** The tables that `transfer` copies, each with its key. */
export const TABLES = {
  bodies: ['id'],
  payloads: ['id'],
  alerts: ['id'],
  deliveries: ['queue', 'channel', 'level', 'alert'],
  watermarks: ['queue', 'channel', 'level'],
  delivery_ranges: ['queue', 'channel', 'level', 'up_to'],
  messages: ['id'],
  attempts: ['id'],
  calls: ['id'],
  monthly_usage: ['month', 'key'],
  quota_warnings: ['month', 'scope'],
  pauses: ['scope'],
  robots: ['key'],
  silences: ['id'],
  signing_keys: ['name'],
} as const satisfies Record<string, readonly string[]>

export type TableName = keyof typeof TABLES

/** The columns of a table with their types, read from SCHEMA: all, or those in `names`, separated by spaces. */
export function columnsOf(table: TableName, names?: string): Columns {
  const [, body = ''] =
    new RegExp(`CREATE TABLE ${table} \\(([\\s\\S]*?)\\n?\\s*\\) (?:ROW|KEY)_TABLE`).exec(SCHEMA) ??
    []
  const columns: Record<string, Columns[string]> = {}
  for (const [, name = '', type = ''] of body.matchAll(COLUMN))
    columns[name] = (type === 'IDENTITY' ? 'BIGINT' : type) as Columns[string]
  if (names === undefined) return columns
  return Object.fromEntries(
    names.split(' ').map((name) => [name, columns[name] as Columns[string]]),
  )
}

const COLUMN = /(?:^|,)\s*([a-z_]+) (IDENTITY|BIGINT|INTEGER|SMALLINT|TEXT|BYTEA)\b/g

/** SQL: the rows of pauses that are configurations. */
export const IS_CONFIGURATION = `reason = 'in_force'`

/** SQL: open messages. SQLite uses the partial index messages_open only with exactly this condition. */
export const OPEN = `state IN ('pending', 'sending')`

/** SQL: messages in a state. The conditions of open and dead messages match their partial indexes exactly. */
export const IN_STATE = {
  pending: `${OPEN} AND state = 'pending'`,
  sending: `${OPEN} AND state = 'sending'`,
  dead: `state = 'dead'`,
  sent: `state = 'sent'`,
  any: 'TRUE',
} as const

/** SQL: pending messages of which the group certainly saw nothing. An attempt that may have arrived sets elsewhere_at. */
export const UNSHOWN = `${IN_STATE.pending} AND elsewhere_at IS NULL`
