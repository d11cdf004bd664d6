// Browser sessions: a random secret in a cookie, its hash in the state database, two ends (idle and absolute).
import type { Clock } from '../base/clock.ts'
import type { People, Session } from '../store/store.ts'
import { hashSecret, newSecret } from './secrets.ts'

/** ASVS 7.3.1, 7.3.2. */
export const idleMs = 30 * 60_000
export const absoluteMs = 12 * 3_600_000
/** A session's last use is written at most so often, so that reading does not become writing. */
const touchEveryMs = 30_000

export type LiveSession = { readonly hash: string; readonly session: Session; readonly expiresAt: number }

export interface Sessions {
  /** A new session with a new secret; forgets the expired ones of everybody. */
  begin(user: string): LiveSession & { readonly secret: string }
  /** The session of a cookie's secret, if it has not ended; notes that it was used. */
  use(secret: string): LiveSession | undefined
  /** True while the session with this hash has not ended; does not count as use. */
  isLive(hash: string): boolean
  end(hash: string): void
  endAll(user: string): void
}

/** Sessions over the state database; the clock decides when they end. */
export function openSessions(people: People, clock: Pick<Clock, 'now'>): Sessions {
  function live(hash: string): LiveSession | undefined {
    const session = people.findSession(hash)
    if (session === undefined) return undefined
    const expiresAt = Math.min(session.createdAt + absoluteMs, session.seenAt + idleMs)
    if (clock.now() < expiresAt) return { hash, session, expiresAt }
    people.removeSession(hash)
    return undefined
  }

  return {
    begin(user) {
      const now = clock.now()
      people.removeSessionsBefore(now - absoluteMs, now - idleMs)
      const secret = newSecret()
      const hash = hashSecret(secret)
      const session = { user, createdAt: now, seenAt: now, csrf: newSecret() }
      people.addSession(hash, session)
      return { secret, hash, session, expiresAt: now + idleMs }
    },
    use(secret) {
      const found = live(hashSecret(secret))
      if (found === undefined) return undefined
      const now = clock.now()
      // A clock that was set back must not leave a session with a last use in the future.
      if (Math.abs(now - found.session.seenAt) < touchEveryMs) return found
      people.touchSession(found.hash, now)
      return { ...found, expiresAt: Math.min(found.session.createdAt + absoluteMs, now + idleMs) }
    },
    isLive: hash => live(hash) !== undefined,
    end: hash => people.removeSession(hash),
    endAll: user => people.removeSessionsOf(user),
  }
}
