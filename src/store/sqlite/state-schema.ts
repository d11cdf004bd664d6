// The tables of picket.db: alerts, outbox, people, meta. One migration per version; `PRAGMA user_version` counts them.
import type { Database } from 'better-sqlite3'
import { PicketError } from '../../base/errors.ts'
import { faultPoint } from '../../base/fault-point.ts'

/**
 * Brings the database to the newest schema, each step in its own transaction.
 *
 * @param db an open connection
 * @param path only for the error text
 * @throws PicketError DATA_UNREADABLE when a newer Picket wrote the file
 */
export function migrate(db: Database, path: string): void {
  const found = Number(db.pragma('user_version', { simple: true }))
  if (found > migrations.length) {
    throw new PicketError(
      'DATA_UNREADABLE',
      `${path} has schema ${found}, this Picket knows up to ${migrations.length}: a newer version wrote it; install that version`,
    )
  }
  for (let version = found; version < migrations.length; version++) {
    db.transaction(() => {
      // Two programs may start at once (the service and a command): whoever comes second finds it done.
      if (Number(db.pragma('user_version', { simple: true })) !== version) return
      db.exec(migrations[version] ?? '')
      db.pragma(`user_version = ${version + 1}`)
      faultPoint('migration-step')
    }).immediate()
  }
}

/** Never edit a line that was released: append one. Times are ms since 1970 UTC, records are JSON text. */
const migrations: readonly string[] = [
  `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE alerts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL,
    rule_id TEXT NOT NULL,
    rule_title TEXT NOT NULL,
    level TEXT NOT NULL,
    hostname TEXT,
    user TEXT,
    source TEXT,
    state TEXT NOT NULL CHECK (state IN ('open', 'acknowledged', 'closed')),
    count INTEGER NOT NULL CHECK (count > 0),
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    changed_by TEXT,
    changed_at INTEGER,
    -- What people were told: waiting = 1 is to be told by the next digest; told_count is the count of the last mail.
    waiting INTEGER NOT NULL DEFAULT 0 CHECK (waiting IN (0, 1)),
    told_at INTEGER,
    told_count INTEGER NOT NULL DEFAULT 0,
    -- Last, because they may be long: reading the columns before them opens no overflow page.
    first_record TEXT NOT NULL,
    last_record TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX alerts_open_key ON alerts (key) WHERE state <> 'closed';
  CREATE INDEX alerts_state ON alerts (state, id);
  CREATE INDEX alerts_waiting ON alerts (id) WHERE waiting = 1;
  CREATE INDEX alerts_risen ON alerts (told_at)
    WHERE state = 'open' AND told_at IS NOT NULL AND count > told_count AND waiting = 0;

  CREATE TABLE alert_comments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    alert_id INTEGER NOT NULL REFERENCES alerts (id) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    by TEXT NOT NULL,
    text TEXT NOT NULL
  ) STRICT;
  CREATE INDEX alert_comments_alert ON alert_comments (alert_id, id);

  CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id TEXT NOT NULL UNIQUE,
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    html TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt_at INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sent', 'failed')),
    sent_at INTEGER,
    last_error TEXT
  ) STRICT;
  CREATE INDEX outbox_due ON outbox (next_attempt_at) WHERE state = 'pending';
  CREATE INDEX outbox_state ON outbox (state);

  CREATE TABLE users (
    name TEXT PRIMARY KEY,
    role TEXT NOT NULL CHECK (role IN ('viewer', 'analyst', 'admin')),
    created_at INTEGER NOT NULL,
    password_hash TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE sessions (
    hash TEXT PRIMARY KEY,
    user TEXT NOT NULL REFERENCES users (name) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    csrf TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX sessions_user ON sessions (user);

  CREATE TABLE tokens (
    hash TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    user TEXT NOT NULL REFERENCES users (name) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX tokens_user ON tokens (user);

  CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    by TEXT NOT NULL,
    origin TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT NOT NULL
  ) STRICT;
  `,
  `
  CREATE TABLE sources (
    id INTEGER PRIMARY KEY,
    peer TEXT NOT NULL,
    hostname TEXT NOT NULL,
    transport TEXT,
    channel TEXT NOT NULL,
    state TEXT NOT NULL,
    records INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    last_at INTEGER,
    last_id TEXT,
    muted_until INTEGER,
    alert_id INTEGER,
    -- JSON: rhythm, clock and counts by hour, of use to a running Picket only.
    memory TEXT NOT NULL
  ) STRICT;
  CREATE TABLE source_decisions (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    source_id INTEGER NOT NULL,
    decision TEXT NOT NULL
  ) STRICT;
  -- What Picket itself says of an alert that no single record explains.
  ALTER TABLE alerts ADD COLUMN note TEXT;
  `,
]
