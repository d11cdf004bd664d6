// picket.db: what must outlive a restart besides the records. One synchronous connection of the main thread; the
// commands (`picket user add`, `picket alerts ack`) open the same file beside a running service.
import { chmodSync, chownSync, closeSync, existsSync, fsyncSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { type Clock, systemClock } from '../../base/clock.ts'
import { PicketError } from '../../base/errors.ts'
import type { AlertBox, Outbox, People, SourceBox } from '../store.ts'
import { createAlertBox } from './alert-box.ts'
import { createOutbox } from './outbox.ts'
import { createPeople } from './people.ts'
import { leaveWal } from './read-only.ts'
import { createSourceBox } from './source-box.ts'
import { migrate } from './state-schema.ts'

export type State = {
  readonly alerts: AlertBox
  readonly outbox: Outbox
  readonly people: People
  readonly sources: SourceBox
  /** Small facts of the installation, text by key. */
  readonly meta: { get(key: string): string | undefined; set(key: string, value: string): void }
  /** Ends the connection; every part is unusable afterwards. */
  close(): void
}

/** How long a write waits for another program that holds the file. */
const busyTimeoutMs = 5000

/**
 * Opens the state database, creating it (mode 0600) when it is missing.
 *
 * Every write is on the disk when its call returns: WAL with synchronous=FULL, because the library's own default
 * (NORMAL) loses committed rows when the power fails.
 *
 * @param path the file, by habit `<dataDir>/picket.db`; its folder must exist
 * @param clock stamps mails and what was told; tests turn it
 * @throws PicketError DATA_UNREADABLE (damaged, no database, or from a newer version), ACCESS_DENIED, DATA_LOCKED
 */
export function openState(path: string, clock: Clock = systemClock): State {
  let db: Database.Database | undefined
  try {
    createPrivate(path)
    db = new Database(path, { timeout: busyTimeoutMs })
    db.pragma('journal_mode = WAL')
    db.pragma('synchronous = FULL')
    db.pragma('foreign_keys = ON')
    db.pragma('trusted_schema = OFF')
    migrate(db, path)
    return createState(db, clock)
  } catch (error) {
    db?.close()
    throw asPicketError(error, path)
  }
}

function createPrivate(path: string): void {
  const isNew = !existsSync(path)
  // SQLite gives its -wal and -shm files the mode of the database file.
  closeSync(openSync(path, 'a', 0o600))
  if (!isNew) return
  chmodSync(path, 0o600)
  // Made by root (`picket user add` before the first start), it must still be the service's.
  if (process.geteuid?.() === 0) {
    const { uid, gid } = statSync(dirname(path))
    chownSync(path, uid, gid)
  }
  // A new name is only safe from a power cut when its folder is on the disk too.
  const folder = openSync(dirname(path), 'r')
  fsyncSync(folder)
  closeSync(folder)
}

function createState(db: Database.Database, clock: Clock): State {
  const getMeta = db.prepare<[string], string>('SELECT value FROM meta WHERE key = ?').pluck()
  const setMeta = db.prepare<[string, string]>(
    'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  )
  const meta = {
    get: (key: string) => getMeta.get(key),
    set: (key: string, value: string) => {
      setMeta.run(key, value)
    },
  }
  const outbox = createOutbox(db)
  return {
    alerts: createAlertBox({ db, outbox, meta, clock }),
    outbox,
    people: createPeople(db),
    sources: createSourceBox(db, meta),
    meta,
    close: () => {
      const path = db.name
      db.close()
      leaveWal(path)
    },
  }
}

function asPicketError(error: unknown, path: string): unknown {
  if (error instanceof PicketError) return error
  const code = String((error as { code?: unknown }).code)
  if (code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT')) {
    return new PicketError('DATA_UNREADABLE', `${path} is damaged or is not a database; restore it from a backup`, {
      cause: error,
    })
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code.startsWith('SQLITE_READONLY')) {
    return new PicketError('ACCESS_DENIED', `cannot open ${path} for writing: check the owner and mode of dataDir`, {
      cause: error,
    })
  }
  if (code.startsWith('SQLITE_BUSY')) {
    return new PicketError('DATA_LOCKED', `${path} is locked by another program for more than ${busyTimeoutMs} ms`, {
      cause: error,
    })
  }
  return new PicketError('STORE_FAILED', `cannot open ${path}: ${(error as Error).message}`, { cause: error })
}
