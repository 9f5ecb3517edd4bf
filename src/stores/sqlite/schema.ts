/**
 * Migrations in order, forward only: the file's user_version counts those that were carried out. All instants are
 * milliseconds since 1970, UTC.
 */
export const MIGRATIONS: readonly string[] = [
  `
  -- Names of channels, and of queues, by the small numbers that other rows have.
  CREATE TABLE channels (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE queues (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;

  -- Names and clusters of alerts, which repeat without end.
  CREATE TABLE subjects (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, cluster TEXT NOT NULL, UNIQUE (name, cluster)
  ) STRICT;

  -- Each request that was taken, and its body as it came, in UTF-8, once, however many alerts and channels it is for.
  CREATE TABLE requests (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL, source TEXT NOT NULL, received_at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE payloads (id INTEGER PRIMARY KEY, text BLOB NOT NULL) STRICT;

  -- One slim row for each alert in each channel. grp is NULL where it is the fingerprint; resolved is 0 or 1;
  -- fate: NULL, suppressed or dead (with no message). Keys of rows that accepting writes only ever grow, so that
  -- what it costs does not depend on what is stored.
  CREATE TABLE alerts (
    id INTEGER PRIMARY KEY, payload INTEGER NOT NULL, position INTEGER NOT NULL, channel INTEGER NOT NULL,
    fingerprint TEXT NOT NULL, grp TEXT, resolved INTEGER NOT NULL, level INTEGER NOT NULL,
    subject INTEGER NOT NULL, repeats INTEGER NOT NULL, fate TEXT, reason TEXT
  ) STRICT;
  CREATE INDEX alerts_fate ON alerts (fate, id) WHERE fate IS NOT NULL;

  -- What waits to be told, one row for each group that an alert is for; a claim turns it into a telling.
  CREATE TABLE waits (
    queue INTEGER NOT NULL, channel INTEGER NOT NULL, level INTEGER NOT NULL, alert INTEGER NOT NULL,
    subject INTEGER NOT NULL, resolved INTEGER NOT NULL, PRIMARY KEY (queue, channel, level, alert)
  ) STRICT, WITHOUT ROWID;

  -- Which alerts a message tells; they are under way while it is.
  CREATE TABLE tellings (
    message INTEGER NOT NULL, alert INTEGER NOT NULL, PRIMARY KEY (message, alert)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX tellings_alert ON tellings (alert);

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

  -- Shares of a month that were warned of, in percent.
  CREATE TABLE marks (
    month TEXT NOT NULL, scope TEXT NOT NULL, mark INTEGER NOT NULL, PRIMARY KEY (month, scope)
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
  `
  -- A request's body is some bytes of a row of bodies, which holds those of requests that came together: compressed by
  -- Zstandard, whose frames begin with bytes that no UTF-8 does, or as they came.
  CREATE TABLE bodies (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
  INSERT INTO bodies (id, bytes) SELECT id, text FROM payloads;
  ALTER TABLE requests ADD COLUMN body INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE requests ADD COLUMN at INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE requests ADD COLUMN length INTEGER NOT NULL DEFAULT 0;
  UPDATE requests SET body = id, length = COALESCE((SELECT length(text) FROM payloads p WHERE p.id = requests.id), 0);
  DROP TABLE payloads;

  -- What a claim has taken of what waits, while rows of waits are still there.
  CREATE TABLE clearing (queue INTEGER NOT NULL, channel INTEGER NOT NULL, up_to INTEGER NOT NULL) STRICT;
  `,
]
