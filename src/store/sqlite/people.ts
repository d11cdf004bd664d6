// Accounts, sessions, API tokens and the audit trail. Hashes come in; no secret is ever seen here.
import type { Database } from 'better-sqlite3'
import { PicketError } from '../../base/errors.ts'
import type { ApiToken, AuditEntry, People, Role, Session, User } from '../store.ts'

type UserRow = { name: string; role: Role; created_at: number; password_hash: string }
type SessionRow = { user: string; created_at: number; seen_at: number; csrf: string }
type TokenRow = { name: string; user: string; created_at: number; last_used_at: number | null }

/** People over an open state database. Removing a user removes their sessions and tokens with them. */
export function createPeople(db: Database): People {
  const users = db.prepare<[], UserRow>('SELECT * FROM users ORDER BY name')
  const findUser = db.prepare<[string], UserRow>('SELECT * FROM users WHERE name = ?')
  const addUser = db.prepare('INSERT INTO users (name, role, created_at, password_hash) VALUES (?, ?, ?, ?)')
  const setPassword = db.prepare('UPDATE users SET password_hash = ? WHERE name = ?')
  const removeUser = db.prepare('DELETE FROM users WHERE name = ?')

  const addSession = db.prepare('INSERT INTO sessions (hash, user, created_at, seen_at, csrf) VALUES (?, ?, ?, ?, ?)')
  const findSession = db.prepare<[string], SessionRow>('SELECT * FROM sessions WHERE hash = ?')
  const touchSession = db.prepare('UPDATE sessions SET seen_at = ? WHERE hash = ?')
  const removeSession = db.prepare('DELETE FROM sessions WHERE hash = ?')
  const removeSessionsOf = db.prepare('DELETE FROM sessions WHERE user = ?')
  const removeSessionsBefore = db.prepare('DELETE FROM sessions WHERE created_at < ? OR seen_at < ?')

  const addToken = db.prepare('INSERT INTO tokens (hash, name, user, created_at, last_used_at) VALUES (?, ?, ?, ?, ?)')
  const findToken = db.prepare<[string], TokenRow>('SELECT * FROM tokens WHERE hash = ?')
  const touchToken = db.prepare('UPDATE tokens SET last_used_at = ? WHERE hash = ?')
  const tokens = db.prepare<[], TokenRow>('SELECT * FROM tokens ORDER BY name')
  const removeToken = db.prepare('DELETE FROM tokens WHERE name = ?')

  const audit = db.prepare('INSERT INTO audit (at, by, origin, action, object) VALUES (?, ?, ?, ?, ?)')
  const trail = db.prepare<[number], AuditEntry>(
    'SELECT at, by, origin AS "from", action, object FROM audit ORDER BY id DESC LIMIT ?',
  )

  return {
    users: () => users.all().map(toUser),
    findUser: name => optional(findUser.get(name), toUser),
    addUser: ({ name, role, createdAt, passwordHash }) =>
      orConflict(`the account ${JSON.stringify(name)} exists already`, () =>
        addUser.run(name, role, createdAt, passwordHash),
      ),
    setPassword: (name, passwordHash) => setPassword.run(passwordHash, name).changes > 0,
    removeUser: name => removeUser.run(name).changes > 0,

    addSession: (hash, { user, createdAt, seenAt, csrf }) => {
      addSession.run(hash, user, createdAt, seenAt, csrf)
    },
    findSession: hash => optional(findSession.get(hash), toSession),
    touchSession: (hash, seenAt) => {
      touchSession.run(seenAt, hash)
    },
    removeSession: hash => {
      removeSession.run(hash)
    },
    removeSessionsOf: user => {
      removeSessionsOf.run(user)
    },
    removeSessionsBefore: (createdAt, seenAt) => {
      removeSessionsBefore.run(createdAt, seenAt)
    },

    addToken: (hash, { name, user, createdAt, lastUsedAt }) =>
      orConflict(`a token named ${JSON.stringify(name)} exists already`, () =>
        addToken.run(hash, name, user, createdAt, lastUsedAt),
      ),
    findToken: hash => optional(findToken.get(hash), toToken),
    touchToken: (hash, at) => {
      touchToken.run(at, hash)
    },
    tokens: () => tokens.all().map(toToken),
    removeToken: name => removeToken.run(name).changes > 0,

    audit: ({ at, by, from, action, object }) => {
      audit.run(at, by, from, action, object)
    },
    trail: limit => trail.all(limit),
  }
}

function optional<Row, Value>(row: Row | undefined, to: (row: Row) => Value): Value | undefined {
  return row === undefined ? undefined : to(row)
}

function orConflict(message: string, insert: () => unknown): void {
  try {
    insert()
  } catch (cause) {
    const code = String((cause as { code?: unknown }).code)
    if (code === 'SQLITE_CONSTRAINT_PRIMARYKEY' || code === 'SQLITE_CONSTRAINT_UNIQUE') {
      throw new PicketError('CONFLICT', message, { cause })
    }
    throw cause
  }
}

function toUser(row: UserRow): User {
  return { name: row.name, role: row.role, createdAt: row.created_at, passwordHash: row.password_hash }
}

function toSession(row: SessionRow): Session {
  return { user: row.user, createdAt: row.created_at, seenAt: row.seen_at, csrf: row.csrf }
}

function toToken(row: TokenRow): ApiToken {
  return { name: row.name, user: row.user, createdAt: row.created_at, lastUsedAt: row.last_used_at }
}
