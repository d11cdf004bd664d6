// What every listener gives and takes, whatever its protocol: frames to a sink, counters, pause and resume.
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Transport } from '../model/record.ts'
import type { FramingFlaw } from '../syslog-parser/framing.ts'
import type { ConnectionCount } from './connection-count.ts'
import type { Allow } from './peer.ts'
import { type HandshakeRefusal, handshakeRefusals } from './tls-refusal.ts'

/** Who sent a frame. One object per connection; for UDP one per peer, kept while the peer is among the recent ones. */
export type Source = {
  /** The address in its shortest form: an IPv4 address that came through an IPv6 socket is an IPv4 address here. */
  readonly peer: string
  readonly transport: Transport
  /** Unique within its listener while the process runs. */
  readonly id: number
  /** The name in its certificate, which the listener verified. */
  readonly cert?: string
  /** RELP: the sender sends this again after a broken session. */
  readonly repeat?: boolean
}

export interface FrameSink {
  /** Called for each frame, synchronously from the socket's event. bytes[start..end) may be kept for UDP only by copy
   *  or by holding the whole datagram; for streams they are reused after the call, so copy what is kept.
   *  `flaw` names what was wrong with the framing of a frame that is delivered all the same. */
  frame(bytes: Uint8Array, start: number, end: number, source: Source, flaw?: FramingFlaw): void
}

/** Why a frame that arrived never reached the sink. `queue_full`: thrown away while the intake cannot take more.
 *  `bad_frame`: framing that announced a frame and brought none. */
const dropReasons = ['not_allowed', 'rate_limited', 'queue_full', 'disk_full', 'empty', 'bad_frame'] as const
type DropReason = (typeof dropReasons)[number]

/** Why a connection was closed as soon as it was made. */
const refusalReasons = ['not_allowed', 'connections_full'] as const
type RefusalReason = (typeof refusalReasons)[number]

/** RELP: why a session ended early or a command was refused. `incomplete`: the sender went in the middle of a frame, which
 *  it will send again; `unanswered`: nothing could be stored for two minutes; `unread`: the sender takes no answers. */
const relpErrors = [
  'invalid_frame',
  'invalid_txnr',
  'invalid_offer',
  'second_open',
  'not_open',
  'unknown_command',
  'incomplete',
  'unanswered',
  'unread',
] as const
export type RelpError = (typeof relpErrors)[number]

/** Running totals of one listener since its start. Read them at any time; nothing is reset. */
export type Counters = {
  /** Frames that arrived, counted first of all: `frames` and everything in `dropped` must add up to it (app/ledger.ts). */
  received: number
  /** Frames given to the sink. */
  frames: number
  /** Octets that arrived, framing included. */
  bytes: number
  /** Frames that never reached the sink. */
  readonly dropped: { [reason in DropReason]: number }
  /** Framing errors. The frames concerned were delivered, cut or marked. */
  readonly flaws: { [flaw in FramingFlaw]: number }
  /** Datagrams that the kernel threw away because its buffer was full. */
  kernelDrops: number
  /** Connections that were refused; what they wanted to send never arrived. */
  readonly refused: { [reason in RefusalReason]: number }
  /** Connections accepted since the start, and open now. */
  connections: number
  openConnections: number
  /** Connections closed because they sent no frame in time, or nothing for too long. */
  timeouts: number
  /** TLS handshakes that came to nothing. */
  readonly handshakes: { [reason in HandshakeRefusal]: number }
  /** RELP: frames that were marked as repeats. */
  repeats: number
  readonly relpErrors: { [error in RelpError]: number }
}

/** Why a listener is paused. `queue`: the intake cannot take more for a moment. `disk`: the disk is full, for who knows how
 *  long. */
export type PauseReason = 'queue' | 'disk'

/** A socket that receives. After `close` nothing reaches the sink any more. */
export type Listener = {
  readonly transport: Transport
  readonly address: string
  readonly port: number
  readonly counters: Counters
  /** Stops reading: senders on a stream wait. Datagrams wait in the kernel's buffer and are counted when it overflows;
   *  while the disk is full they are read, thrown away and counted as `disk_full`. */
  pause(reason: PauseReason): void
  /** Reads again when no other reason is left. */
  resume(reason: PauseReason): void
  /** Takes what has arrived already, delivers unfinished frames, then closes. Idempotent. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export type ListenOptions = {
  /** Who may send (peer.ts parseAllowList). */
  readonly allow: Allow
  readonly log: Log
  readonly clock: Clock
  /** A bound socket from systemd (inherited.ts) to use instead of opening one. */
  readonly fd?: number | undefined
  /** Several threads open the port, each a socket of its own, and the kernel spreads the senders over them. It would let
   *  any program of this account join in, so the first one makes sure that the port is free. */
  readonly sharing?: 'first' | 'further' | undefined
  /** Open connections, counted over all threads that share the port; without it those of this listener. */
  readonly connectionCount?: ConnectionCount | undefined
}

export function createCounters(): Counters {
  return {
    received: 0,
    frames: 0,
    bytes: 0,
    dropped: { not_allowed: 0, rate_limited: 0, queue_full: 0, disk_full: 0, empty: 0, bad_frame: 0 },
    flaws: { bad_length: 0, oversize: 0, resync: 0, incomplete: 0 },
    kernelDrops: 0,
    refused: { not_allowed: 0, connections_full: 0 },
    connections: 0,
    openConnections: 0,
    timeouts: 0,
    handshakes: Object.fromEntries(handshakeRefusals.map(reason => [reason, 0])) as Counters['handshakes'],
    repeats: 0,
    relpErrors: Object.fromEntries(relpErrors.map(error => [error, 0])) as Counters['relpErrors'],
  }
}
