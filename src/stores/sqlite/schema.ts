/**
 * Migrations in order, forward only: the file's user_version counts those that were carried out. All instants are
 * milliseconds since 1970, UTC.
 */
export const MIGRATIONS: readonly string[] = [
  `
  -- A request's body as it came, once, however many alerts and channels it is for.
  CREATE TABLE payloads (
    id INTEGER PRIMARY KEY, source TEXT NOT NULL, received_at INTEGER NOT NULL, text TEXT NOT NULL
  ) STRICT;

  -- What tells a retry or a peer's copy from a new request.
  CREATE TABLE requests (key TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX requests_at ON requests (at);

  -- Names and clusters of alerts, which repeat without end.
  CREATE TABLE subjects (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, cluster TEXT NOT NULL, UNIQUE (name, cluster)
  ) STRICT;

  -- One slim row for each alert in each channel. fate: NULL, suppressed or dead (with no message).
  CREATE TABLE alerts (
    id INTEGER PRIMARY KEY, payload INTEGER NOT NULL, position INTEGER NOT NULL, channel TEXT NOT NULL,
    fingerprint TEXT NOT NULL, status TEXT NOT NULL, level INTEGER NOT NULL, subject INTEGER NOT NULL,
    repeats INTEGER NOT NULL, fate TEXT, reason TEXT
  ) STRICT;
  CREATE INDEX alerts_payload ON alerts (payload);
  CREATE INDEX alerts_channel ON alerts (channel, id);
  CREATE INDEX alerts_fate ON alerts (fate, id) WHERE fate IS NOT NULL;

  -- What aggregation compares with: what was last let through of each group of each channel.
  CREATE TABLE passed (
    channel TEXT NOT NULL, grp TEXT NOT NULL, status TEXT NOT NULL, fingerprint TEXT NOT NULL,
    firing_at INTEGER, resolved_at INTEGER, alert INTEGER NOT NULL, repeats INTEGER NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (channel, grp)
  ) STRICT, WITHOUT ROWID;

  -- One row for each alert and each group that it is for: it waits (message NULL), is under way, or is over (open 0).
  CREATE TABLE tellings (
    alert INTEGER NOT NULL, queue TEXT NOT NULL, channel TEXT NOT NULL, level INTEGER NOT NULL,
    fingerprint TEXT NOT NULL, message INTEGER, open INTEGER NOT NULL, PRIMARY KEY (alert, queue)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX tellings_waiting ON tellings (queue, channel, level, alert) WHERE open = 1 AND message IS NULL;
  CREATE INDEX tellings_open ON tellings (queue, fingerprint) WHERE open = 1 AND message IS NOT NULL;
  CREATE INDEX tellings_message ON tellings (message) WHERE message IS NOT NULL;

  CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL UNIQUE, robot TEXT NOT NULL, queue TEXT NOT NULL,
    channel TEXT NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL, title TEXT NOT NULL, text TEXT NOT NULL,
    body TEXT NOT NULL, alert_count INTEGER NOT NULL, storm INTEGER NOT NULL, created_at INTEGER NOT NULL, due_at INTEGER,
    elsewhere_at INTEGER, sent_at INTEGER, reason TEXT, attempts INTEGER NOT NULL, call INTEGER
  ) STRICT;
  CREATE INDEX messages_open ON messages (queue, due_at) WHERE state IN ('pending', 'sending');
  CREATE INDEX messages_dead ON messages (id) WHERE state = 'dead';
  CREATE INDEX messages_channel ON messages (channel, id);
  CREATE INDEX messages_robot ON messages (robot, id);
  CREATE INDEX messages_told ON messages (queue, channel, created_at) WHERE kind <> 'test';

  CREATE TABLE attempts (
    id INTEGER PRIMARY KEY, message INTEGER NOT NULL, at INTEGER NOT NULL, robot TEXT NOT NULL,
    result TEXT NOT NULL, http_status INTEGER, errcode INTEGER, errmsg TEXT, words TEXT NOT NULL,
    duration_ms INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX attempts_message ON attempts (message);

  -- Calls count when they are claimed; each reaches the peer between at and until.
  CREATE TABLE calls (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL, at INTEGER NOT NULL, until INTEGER NOT NULL, month TEXT NOT NULL
  ) STRICT;
  CREATE INDEX calls_key ON calls (key, until);
  CREATE TABLE months (
    month TEXT NOT NULL, key TEXT NOT NULL, calls INTEGER NOT NULL, PRIMARY KEY (month, key)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE pauses (
    scope TEXT PRIMARY KEY, until INTEGER NOT NULL, since INTEGER NOT NULL, reason TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE robots (
    key TEXT PRIMARY KEY, failures INTEGER NOT NULL, body_bytes INTEGER, last_result TEXT, last_at INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE leases (
    robot TEXT PRIMARY KEY, owner TEXT NOT NULL, until INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
]
