// Plain TCP syslog (RFC 6587).
import type { TcpConfig } from '../config/schema.ts'
import { frameReader } from './frame-reader.ts'
import type { FrameSink, Listener, ListenOptions } from './listener.ts'
import { otherProtocol } from './other-protocol.ts'
import { startStream } from './stream-listener.ts'

/** Accepts connections and gives each frame to the sink. Errors: PORT_IN_USE, ACCESS_DENIED. */
export function startTcp(config: TcpConfig, sink: FrameSink, options: ListenOptions): Promise<Listener> {
  const openReader = frameReader(sink, config.maxFrameBytes)
  return startStream(config, { transport: 'tcp', openReader, otherProtocol }, options)
}
