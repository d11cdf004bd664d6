// Syslog over TLS (RFC 5425), with the framing of TCP: real senders do both.
import type { TlsConfig } from '../config/schema.ts'
import { frameReader } from './frame-reader.ts'
import type { FrameSink, Listener, ListenOptions } from './listener.ts'
import { startStream } from './stream-listener.ts'
import { createHandshakes, type TlsSettings } from './tls-handshakes.ts'

export type TlsListener = Listener & {
  /** New connections meet these certificates; open ones stay as they are. */
  useTls(settings: TlsSettings): void
}

/** Accepts connections and gives each frame to the sink. Errors: PORT_IN_USE, ACCESS_DENIED. */
export async function startTls(
  config: TlsConfig,
  settings: TlsSettings,
  sink: FrameSink,
  options: ListenOptions,
): Promise<TlsListener> {
  const handshakes = createHandshakes('receive.tls', settings, options.log)
  const openReader = frameReader(sink, config.maxFrameBytes)
  const listener = await startStream(
    config,
    { transport: 'tls', openReader, otherProtocol: () => undefined, wrap: handshakes.wrap },
    options,
  )
  return {
    ...listener,
    useTls: handshakes.use,
    async close() {
      await listener.close()
      handshakes.close()
    },
  }
}
