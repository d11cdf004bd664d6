// The TLS handshakes of a listener: an accepted socket → the stream inside it and the verified name of its sender.
//
//   socket ─► room? ─► tls.Server (never listens; it is given each connection) ─► tls-sender.ts judges ─► stream, cert
//                └───────────────┴── refused: counted by reason, told of in words, at most once a minute per sender ──┘
import { constants } from 'node:crypto'
import type { Socket } from 'node:net'
import { createServer, type Server, type TLSSocket } from 'node:tls'
import { type Log, rateLimited } from '../base/log.ts'
import type { CertificateConfig } from '../config/schema.ts'
import type { TlsFiles } from '../config/tls-files.ts'
import type { Counters } from './listener.ts'
import { canonicalAddress } from './peer.ts'
import type { Wrapped } from './stream-listener.ts'
import { type HandshakeRefusal, handshakeRefusal } from './tls-refusal.ts'
import { createJudge } from './tls-sender.ts'

/** A TLS section with what stands in its files; plain data. */
export type TlsSettings = { readonly config: CertificateConfig; readonly files: TlsFiles }

export type Handshakes = {
  /** For StreamProtocol.wrap. */
  wrap(socket: Socket, peer: string, counters: Counters): Promise<Wrapped>
  /** From now on new connections meet these certificates; open ones stay as they are. */
  use(settings: TlsSettings): void
  /** Tells what was counted and not told yet. */
  close(): void
}

/** A sender that does not finish costs a socket and some 50 KB for so long. */
const handshakeTimeoutMs = 10_000
/** Handshakes underway: a handshake costs the intake thread about a millisecond, so these are done within a second. */
const maxUnderway = 512
/** Of one address; a site behind one address reconnects after a restart with all its machines. */
const maxUnderwayPerSource = 32

/** RFC 9662 §5: forward secrecy and authenticated encryption only; the first three are those of TLS 1.3. */
const ciphers = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':')

type Underway = {
  readonly peer: string
  readonly counters: Counters
  readonly resolve: (wrapped: Wrapped) => void
  readonly reject: (error: Error) => void
}

/** `section`: `receive.tls`, for the log. */
export function createHandshakes(section: string, settings: TlsSettings, log: Log): Handshakes {
  const warnings = rateLimited(log, 60_000)
  const underway = new Map<string, Underway>()
  const underwayBySource = new Map<string, number>()
  let server = open(settings)

  function open({ config, files }: TlsSettings): Server {
    const judge = createJudge(config)
    const opened = createServer({
      cert: files.cert,
      key: files.key,
      passphrase: files.keyPassword,
      // Without a list Node would load the public CAs, and ask senders for certificates of these.
      ca: files.clientCa ?? [],
      requestCert: config.mode !== 'anonymous',
      // A refusal of ours says more than OpenSSL's alert would.
      rejectUnauthorized: false,
      minVersion: config.minVersion,
      ciphers,
      // A resumed session would bring its old certificate along, whatever is permitted now.
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_TICKET,
      handshakeTimeout: handshakeTimeoutMs,
    })
    opened.on('secureConnection', stream => {
      const entry = take(stream)
      if (entry === undefined) return void stream.destroy()
      const chainError = stream.authorized ? undefined : String(stream.authorizationError ?? 'unknown')
      const verdict = judge({ certificate: stream.getPeerX509Certificate(), chainError })
      if ('refusal' in verdict) {
        stream.destroy()
        return refuse(entry, verdict.refusal.reason, verdict.refusal.words)
      }
      entry.resolve({ stream, cert: verdict.name })
    })
    opened.on('tlsClientError', (error: NodeJS.ErrnoException, stream) => {
      const entry = take(stream)
      if (entry === undefined) return // its socket closed first
      const { reason, words } = handshakeRefusal(error.code, error.message)
      stream.destroy()
      refuse(entry, reason, words)
    })
    return opened
  }

  function take(stream: TLSSocket): Underway | undefined {
    const key = endpoints(stream)
    const entry = underway.get(key)
    underway.delete(key)
    if (entry !== undefined) leave(entry.peer)
    return entry
  }

  function leave(peer: string): void {
    const left = (underwayBySource.get(peer) ?? 1) - 1
    if (left > 0) underwayBySource.set(peer, left)
    else underwayBySource.delete(peer)
  }

  function refuse({ peer, counters, reject }: Underway, reason: HandshakeRefusal, words: string): void {
    counters.handshakes[reason]++
    // whoever looks whether the port is open does this: no reason to warn
    if (reason === 'aborted') log.debug({ peer, section }, words)
    else warnings.warn(`${section} ${reason} ${peer}`, { peer, section, why: reason }, `TLS refused: ${words}`)
    reject(new Error(words))
  }

  return {
    wrap(socket, peer, counters) {
      return new Promise((resolve, reject) => {
        const entry: Underway = { peer, counters, resolve, reject }
        const ofSource = underwayBySource.get(peer) ?? 0
        if (underway.size >= maxUnderway || ofSource >= maxUnderwayPerSource)
          return refuse(entry, 'too_many', 'too many handshakes are underway at the same time')
        const key = endpoints(socket)
        underway.set(key, entry)
        underwayBySource.set(peer, ofSource + 1)
        socket.once('close', () => {
          if (underway.get(key) !== entry) return
          underway.delete(key)
          leave(peer)
          refuse(entry, 'aborted', 'the sender closed the connection during the TLS handshake')
        })
        server.emit('connection', socket)
      })
    },
    use(changed) {
      server = open(changed)
    },
    close: () => warnings.flush(),
  }
}

/** What tells the sockets of one port apart; Node does not say which socket a TLS stream was made from. */
function endpoints({ remoteAddress = '', remotePort, localAddress = '' }: Socket): string {
  return `${canonicalAddress(remoteAddress)} ${remotePort} ${canonicalAddress(localAddress)}`
}
