// The Source of a datagram by its address, for the most recent peers only: addresses of datagrams can be forged, so
// there may be any number of them.

import type { Source } from './listener.ts'
import { type Allow, canonicalAddress } from './peer.ts'

/** Peers kept: at most this many in two halves. A half is dropped whole, so that a hit costs one map lookup. */
const maxPeers = 10_000

/** Gives the Source of an address, or undefined when it may not send. */
export function createUdpSources(allow: Allow): (address: string) => Source | undefined {
  let recent = new Map<string, Source | null>()
  let older = new Map<string, Source | null>()
  let nextId = 1

  return address => {
    const known = recent.get(address)
    if (known !== undefined) return known ?? undefined
    let source = older.get(address)
    if (source === undefined) {
      const peer = canonicalAddress(address)
      source = allow(peer) ? { peer, transport: 'udp', id: nextId++ } : null
    }
    if (recent.size >= maxPeers / 2) {
      older = recent
      recent = new Map()
    }
    recent.set(address, source)
    return source ?? undefined
  }
}
