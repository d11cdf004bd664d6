// Every message between main and an intake thread. (Batches go from intake to the writer: store/sqlite/writer.thread.ts.)
import type { MessagePort } from 'node:worker_threads'
import type { ErrorCode } from '../base/errors.ts'
import type { LogLevel } from '../base/log.ts'
import type { Config } from '../config/schema.ts'
import type { RuleSource } from '../detect/rules.ts'
import type { Transport } from '../model/record.ts'
import type { Counters, ListenOptions } from '../receive/listener.ts'
import type { TlsSettings } from '../receive/tls-handshakes.ts'

/** What an intake thread is started with. */
export type IntakeStart = {
  readonly receive: Config['receive']
  readonly sources: Config['sources']
  readonly logLevel: LogLevel
  readonly rules: readonly RuleSource[]
  /** To the writer thread. */
  readonly writer: MessagePort
  /** Sockets that systemd handed over, as far as this thread reads them; undefined: the thread opens its own. */
  readonly inherited: { readonly [T in ListeningTransport]: readonly number[] | undefined }
  /** Other threads open the same ports. */
  readonly sharing: ListenOptions['sharing']
  /** Open connections by transport, counted together with the other threads. */
  readonly connectionCounts: { readonly [T in ListeningTransport]: SharedArrayBuffer }
  /** The one for RELP, which one thread reads. */
  readonly inheritedRelp?: number | undefined
  /** The certificates of receive.tls, when it is on. */
  readonly tls?: TlsSettings
}

/** What the receive section has a listener for, in each thread. */
export const listeningTransports = ['udp', 'tcp', 'tls'] as const satisfies readonly Transport[]
export type ListeningTransport = (typeof listeningTransports)[number]

/** main → intake. */
export type ToIntakeThread =
  | { readonly type: 'rules'; readonly rules: readonly RuleSource[] }
  | { readonly type: 'tls'; readonly tls: TlsSettings }
  | { readonly type: 'logLevel'; readonly level: LogLevel }
  /** While the disk is full nothing is taken from senders. */
  | { readonly type: 'diskFull'; readonly isFull: boolean }
  /** A frame that Picket wrote itself, to be stored among the others. */
  | { readonly type: 'ownFrame'; readonly text: string }
  /** Take what has arrived, hand it to the writer, answer `stopped`. */
  | { readonly type: 'stop' }

export type ListenerState = {
  readonly transport: Transport
  readonly address: string
  readonly port: number
  readonly counters: Counters
}

/** What became of the frames of one transport that an intake thread took. */
export type Account = {
  readonly transport: Transport
  readonly taken: number
  /** As the writer told. */
  readonly stored: number
}

/** intake → main. */
export type FromIntakeThread =
  | { readonly type: 'listening'; readonly listeners: readonly ListenerState[] }
  | { readonly type: 'cannotListen'; readonly code: ErrorCode; readonly message: string }
  /** Once a second. */
  | {
      readonly type: 'counters'
      readonly listeners: readonly ListenerState[]
      readonly accounts: readonly Account[]
      /** Taken and not yet stored. */
      readonly waitingRecords: number
    }
  | { readonly type: 'stopped' }
