// How many connections are open, in all and from each address, over all threads that share a port.
import { randomInt } from 'node:crypto'

export type ConnectionLimits = { readonly maxConnections: number; readonly maxConnectionsPerSource: number }

export type ConnectionCount = {
  /** Counts one connection more, or names the limit that forbids it. Two threads at the same moment may both be refused
   *  the last place; a limit is never passed. */
  open(peer: string, limits: ConnectionLimits): keyof ConnectionLimits | undefined
  /** Counts one less; for what `open` has counted. */
  close(peer: string): void
}

/** An address counts in this many slots, chosen by a hash, and the least of them is its number: it is counted too high
 *  only when others are in all of them. With 4096 addresses that happens to one in a million. */
const slotsPerPeer = 8
const peerSlots = 1 << 18
/** In front of the slots: the secret of the hash, so that nobody can choose addresses that meet, and the total. */
const at = { seed: 0, total: 1, slots: 2 } as const

/** The memory that threads share to count together. */
export function createSharedCount(): SharedArrayBuffer {
  const shared = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT * (at.slots + peerSlots))
  new Int32Array(shared)[at.seed] = randomInt(2 ** 31)
  return shared
}

export function createConnectionCount(shared: SharedArrayBuffer = createSharedCount()): ConnectionCount {
  const counts = new Int32Array(shared)
  const slots = new Int32Array(slotsPerPeer)
  const add = (slot: number, difference: number): number => Atomics.add(counts, slot, difference) + difference

  function choose(peer: string): void {
    let hash = (counts[at.seed] as number) | 0
    for (let i = 0; i < peer.length; i++) hash = Math.imul(hash ^ peer.charCodeAt(i), 0x01000193)
    for (let i = 0; i < slotsPerPeer; i++) {
      hash = mix(hash + 0x9e3779b9)
      slots[i] = at.slots + (hash & (peerSlots - 1))
    }
  }

  function close(peer: string): void {
    add(at.total, -1)
    choose(peer)
    for (const slot of slots) add(slot, -1)
  }

  return {
    open(peer, { maxConnections, maxConnectionsPerSource }) {
      const total = add(at.total, 1)
      choose(peer)
      for (const slot of slots) add(slot, 1)
      // read only when all are raised: of several at once the last one sees them all
      const ofPeer = slots.reduce((least, slot) => Math.min(least, Atomics.load(counts, slot)), Infinity)
      const full =
        total > maxConnections
          ? 'maxConnections'
          : ofPeer > maxConnectionsPerSource
            ? 'maxConnectionsPerSource'
            : undefined
      if (full !== undefined) close(peer)
      return full
    },
    close,
  }
}

/** The finalizer of MurmurHash3: every bit of the input changes half of the output. */
function mix(value: number): number {
  let hash = value | 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) | 0
}
