// RELP: syslog with answers. A frame is answered when it is stored, so nothing that was acknowledged is ever lost.
import { rateLimited } from '../base/log.ts'
import type { RelpConfig } from '../config/schema.ts'
import type { Listener, ListenOptions } from './listener.ts'
import { otherThanRelp } from './other-protocol.ts'
import { createRepeats } from './relp-repeats.ts'
import { createRelpSession, type RelpSession, type StoringSink } from './relp-session.ts'
import { startStream } from './stream-listener.ts'

export type RelpListener = Listener & {
  /** Every batch up to this one is stored: their frames are answered, in one write per session. */
  stored(batch: number): void
}

/** Accepts RELP sessions and gives each frame to the sink. Errors: PORT_IN_USE, ACCESS_DENIED. */
export async function startRelp(config: RelpConfig, sink: StoringSink, options: ListenOptions): Promise<RelpListener> {
  const { log, clock } = options
  const warnings = rateLimited(log, 60_000)
  const repeats = createRepeats()
  const waiting = new Set<RelpSession>()
  const listener = await startStream(
    config,
    {
      transport: 'relp',
      otherProtocol: otherThanRelp,
      allowHalfOpen: true,
      openReader: link =>
        createRelpSession(link, {
          sink,
          maxFrameBytes: config.maxFrameBytes,
          repeats,
          monotonic: clock.monotonic,
          onWaiting: session => waiting.add(session),
          onError(error) {
            link.counters.relpErrors[error]++
            const { peer } = link.source
            warnings.warn(`relp ${error}`, { peer, error }, 'a RELP session ended, or a command was refused')
          },
        }),
    },
    options,
  )
  const relp: RelpListener = {
    ...listener,
    stored(batch) {
      for (const session of waiting) if (!session.stored(batch)) waiting.delete(session)
    },
    async close() {
      await listener.close()
      warnings.flush()
    },
    [Symbol.asyncDispose]: () => relp.close(),
  }
  return relp
}
