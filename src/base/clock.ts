// Time as an argument: code that needs the time takes a Clock, so that tests can turn it.

export interface Clock {
  /** Wall clock, milliseconds since 1970 UTC. May jump. */
  now(): number
  /** Monotonic milliseconds from an unnamed start. Never goes back. */
  monotonic(): number
}

export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() }
