// How often a password may be tried. Attempts are counted before anything is hashed, so parallel ones cannot outrun it.
import ipaddr from 'ipaddr.js'
import type { Clock } from '../base/clock.ts'
import { RateLimited } from './errors.ts'

const windowMs = 15 * 60_000
/** One person at one address who has forgotten the password. */
const perAccountAndAddress = 10
/** An office behind one address. */
const perAddress = 50
/** A password guessed from many addresses. Attempts from this machine are not counted, so that the admin is never locked out by others. */
const perAccount = 100
/** About 2 MB; the oldest are forgotten first. */
const maxKeys = 20_000

export interface LoginLimiter {
  /** Counts one attempt. Errors: RATE_LIMITED with the seconds until the next one is allowed. */
  attempt(name: string, address: string): void
  /** The password was right: forgets the attempts of this name at this address. */
  succeeded(name: string, address: string): void
}

/** A limiter with nothing counted yet. */
export function loginLimiter(clock: Pick<Clock, 'monotonic'>): LoginLimiter {
  const windows = new Map<string, { count: number; readonly endsAt: number }>()

  function count(key: string, limit: number): void {
    const now = clock.monotonic()
    let window = windows.get(key)
    if (window === undefined || window.endsAt <= now) {
      windows.delete(key)
      window = { count: 0, endsAt: now + windowMs }
      windows.set(key, window)
      const oldest = windows.size > maxKeys ? windows.keys().next().value : undefined
      if (oldest !== undefined) windows.delete(oldest)
    }
    if (window.count >= limit) {
      const seconds = Math.max(1, Math.ceil((window.endsAt - now) / 1000))
      throw new RateLimited(`too many attempts; try again in ${Math.ceil(seconds / 60)} minutes`, seconds)
    }
    window.count++
  }

  function uncount(key: string): void {
    const window = windows.get(key)
    if (window !== undefined && window.count > 0) window.count--
  }

  return {
    attempt(name, address) {
      const network = networkOf(address)
      count(`both ${network} ${name}`, perAccountAndAddress)
      count(`address ${network}`, perAddress)
      if (network !== 'local') count(`account ${name}`, perAccount)
    },
    succeeded(name, address) {
      const network = networkOf(address)
      windows.delete(`both ${network} ${name}`)
      uncount(`address ${network}`)
      uncount(`account ${name}`)
    },
  }
}

/** What one attacker can be assumed to own: an IPv4 address, or the /64 of an IPv6 address. */
function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address
  const parsed = ipaddr.process(address)
  if (parsed.range() === 'loopback') return 'local'
  if (parsed instanceof ipaddr.IPv6)
    return parsed.parts
      .slice(0, 4)
      .map(part => part.toString(16))
      .join(':')
  return parsed.toString()
}
