// A record as the store keeps it: reception facts, the header in pieces and the bytes. Everything else is derived again
// when it is read (src/parse/record.ts), so a better parser also serves what was stored before.
import type { Transport } from './record.ts'

export type StoredRow = {
  /** Sequence number: 1 for the first record of this Picket, without gaps. */
  readonly seq: number
  /** ms since 1970 UTC. */
  readonly receivedAt: number
  readonly origin: Origin
  /** How the header was written (src/syslog-parser/scan.ts), or 0 when `bytes` is the whole frame. */
  readonly layout: number
  readonly facility: number
  readonly severity: number
  /** µs since 1970 UTC; NaN when the sender gave none. */
  readonly timestampMicros: number
  readonly hostname?: string | undefined
  readonly appName?: string | undefined
  readonly procId?: string | undefined
  /** The message's bytes behind the header, or the whole frame when `layout` is 0. */
  readonly bytes: Buffer
}

/** Where a frame came from, and what was assumed about its text when it was received. */
export type Origin = {
  readonly peer: string
  readonly transport: Transport
  readonly timeZone: string
  readonly charset: string
  /** The name in the sender's certificate, when the listener verified it (src/receive/tls-client.ts). */
  readonly cert?: string | undefined
  /** The sender sends it again after a broken RELP session (src/receive/relp-repeats.ts). */
  readonly repeat?: boolean | undefined
}

/** An origin as blocks keep it and digests hash it: four texts, and an object only when there is more to say. */
export type OriginTuple =
  | readonly [peer: string, transport: string, timeZone: string, charset: string]
  | readonly [peer: string, transport: string, timeZone: string, charset: string, more: MoreOfOrigin]

type MoreOfOrigin = { readonly cert?: string; readonly repeat?: 1 }

export function originToTuple({ peer, transport, timeZone, charset, cert, repeat }: Origin): OriginTuple {
  const more: MoreOfOrigin = { ...(cert !== undefined && { cert }), ...(repeat === true && { repeat: 1 }) }
  const usual = [peer, transport, timeZone, charset] as const
  return cert === undefined && repeat !== true ? usual : [...usual, more]
}

export function originOfTuple([peer, transport, timeZone, charset, more]: OriginTuple): Origin {
  // the transport was written by this store's own builder
  const origin = { peer, transport: transport as Transport, timeZone, charset }
  if (more === undefined) return origin
  return { ...origin, ...(more.cert !== undefined && { cert: more.cert }), ...(more.repeat === 1 && { repeat: true }) }
}

/** `YYYYMMDD` of a time, UTC. */
export function dayOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10).replaceAll('-', '')
}

/** The record id of CONTRACT: receive day and sequence number. */
export function recordId(day: string, seq: number): string {
  return `${day}-${String(seq).padStart(12, '0')}`
}

/** Day and sequence number of a record id, or undefined when it is none. */
export function parseRecordId(id: string): { readonly day: string; readonly seq: number } | undefined {
  const found = /^(\d{8})-(\d{12})$/.exec(id)
  return found === null ? undefined : { day: found[1] as string, seq: Number(found[2]) }
}
