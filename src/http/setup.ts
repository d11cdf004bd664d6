// The first run: without users, whoever holds the one-time token printed on the console becomes the first admin (ASVS 6.3.2).
import type { Clock } from '../base/clock.ts'
import type { People } from '../store/store.ts'
import { isSameSecret, newSecret } from './secrets.ts'

const validMs = 30 * 60_000

export interface FirstRun {
  /** True while there is no user. */
  needed(): boolean
  /** The token to print, or undefined when set-up is done, or too late: a restart makes a new one. */
  token(): string | undefined
  /** True when the given token may set up now; does not use it up. */
  accepts(token: string): boolean
  /** True for the first who comes with the token; nobody else after that. */
  redeem(token: string): boolean
}

/** A token that lives in memory only, valid for 30 minutes from now. */
export function firstRun(people: People, clock: Pick<Clock, 'monotonic'>): FirstRun {
  const secret = newSecret()
  const endsAt = clock.monotonic() + validMs
  let used = false
  const needed = () => people.users().length === 0
  const token = () => (!used && clock.monotonic() < endsAt && needed() ? secret : undefined)
  const accepts = (given: string) => isSameSecret(given, secret) && token() !== undefined
  return {
    needed,
    token,
    accepts,
    redeem(given) {
      if (!accepts(given)) return false
      used = true
      return true
    },
  }
}
